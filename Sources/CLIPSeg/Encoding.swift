public import SpanielImaging
package import Tensor

extension CLIPSeg {
    /// An encoded picture, from which every prompt is answered.
    public struct Encoding: Sendable {
        /// The activations after the part of the decoder that no prompt changes, the deepest first, [taps, N,
        /// channels].
        package let reduced: Tensor
        /// The size of the picture as displayed, in pixels.
        public let size: Size

        package init(reduced: Tensor, size: Size) { (self.reduced, self.size) = (reduced, size) }
    }

    /// Encodes a picture, which takes most of the time; do it once for any number of prompts.
    /// - Parameter picture: any size; the model sees it squashed to its square input.
    /// - Throws: `CancellationError` if the current task is cancelled meanwhile.
    public func encode(_ picture: Picture) throws -> Encoding {
        try encode(pixels: preprocessing(picture), size: picture.size)
    }

    /// Encodes prepared pixels; the layers after the deepest tap are left out, since nothing reads them.
    /// - Parameter pixels: normalised, [1, S, S, 3].
    package func encode(pixels: Tensor, size: Size) throws -> Encoding {
        Encoding(
            reduced: decoder.reduced(try imageEncoder.tokens(pixels, after: configuration.taps)), size: size)
    }
}
