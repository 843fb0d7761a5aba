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
    }

    /// Encodes a picture: the slow part, done once for any number of prompts.
    /// - Throws: `CancellationError` when the current task is cancelled meanwhile.
    public func encode(_ picture: Picture) throws -> Encoding {
        try encode(pixels: preprocessing(picture), size: picture.size)
    }

    /// Encodes a picture away from the caller's thread.
    @concurrent public func encode(_ picture: Picture) async throws -> Encoding {
        try encode(pixels: preprocessing(picture), size: picture.size)
    }

    /// The layers behind the deepest tap are left out: transformers computes them for nothing.
    /// - Parameter pixels: [1, S, S, 3], normalised.
    package func encode(pixels: Tensor, size: Size) throws -> Encoding {
        Encoding(
            reduced: decoder.reduced(try imageEncoder.tokens(pixels, after: configuration.taps)), size: size)
    }

    // MARK: On disk

    /// What an encoding depends on besides the model's weights.
    package var preprocessingKey: String { preprocessing.key }

    /// An encoding as named tensors, to be kept.
    package func tensors(of encoding: Encoding) -> [(String, Tensor)] { [("reduced", encoding.reduced)] }

    /// An encoding that was kept.
    /// - Parameter size: the picture's.
    /// - Throws: `CLIPSegError.encoding` when the tensors are not this model's.
    package func encoding(from tensors: [String: Tensor], size: Size) throws(CLIPSegError) -> Encoding {
        let expected: Shape = [configuration.taps.count, 1 + grid * grid, configuration.channels]
        guard let reduced = tensors["reduced"], reduced.shape == expected,
            reduced.array.allSatisfy(\.isFinite)
        else {
            throw .encoding(found: tensors["reduced"]?.shape, expected: expected)
        }
        return Encoding(reduced: reduced, size: size)
    }
}
