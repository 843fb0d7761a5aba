public import SpanielImaging
package import Tensor

extension CLIPSeg {
    /// A picture as the model knows it: what every prompt is answered from.
    public struct Encoding: Sendable {
        /// The activations after the part of the decoder that no prompt changes, deepest first, [taps, N,
        /// channels].
        package let reduced: Tensor
        /// The picture as displayed.
        public let size: Size

        package init(reduced: Tensor, size: Size) { (self.reduced, self.size) = (reduced, size) }
    }

    /// Encodes a picture: the slow part, done once for any number of prompts.
    /// - Throws: `CancellationError` when the current task is cancelled meanwhile.
    public func encode(_ picture: Picture) throws -> Encoding {
        try encode(pixels: preprocessing(picture), size: picture.size)
    }

    /// The layers behind the deepest tap are left out: transformers computes them for nothing.
    /// - Parameter pixels: [1, S, S, 3], normalised.
    package func encode(pixels: Tensor, size: Size) throws -> Encoding {
        Encoding(
            reduced: decoder.reduced(try imageEncoder.tokens(pixels, after: configuration.taps)), size: size)
    }
}
