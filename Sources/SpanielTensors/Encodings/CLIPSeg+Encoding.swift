package import CLIPSeg
package import SpanielImaging
package import Tensor

extension CLIPSeg {
    /// What an encoding depends on besides the model's weights.
    package var preprocessingKey: String { preprocessing.key }

    /// An encoding as named tensors, to be kept.
    package func tensors(of encoding: Encoding) -> [(String, Tensor)] { [("reduced", encoding.reduced)] }

    /// An encoding that was kept.
    /// - Parameter size: the picture's.
    /// - Throws: `TensorsError.encoding` when the tensors are not this model's.
    package func encoding(from tensors: [String: Tensor], size: Size) throws(TensorsError) -> Encoding {
        let expected: Tensor.Shape = [configuration.taps.count, 1 + grid * grid, configuration.channels]
        guard let reduced = tensors["reduced"], reduced.shape == expected,
            reduced.array.allSatisfy(\.isFinite)
        else {
            throw .encoding(
                expected: "finite numbers \(expected)",
                found: tensors["reduced"].map { "\($0.shape)" } ?? "none")
        }
        return Encoding(reduced: reduced, size: size)
    }
}
