package import CLIPSeg
package import SpanielImaging
package import Tensor

extension CLIPSeg {
    /// Identifies everything besides the weights that an encoding depends on.
    package var preprocessingKey: String { preprocessing.key }

    /// Returns an encoding as named tensors, to be stored.
    package func tensors(of encoding: Encoding) -> [(String, Tensor)] { [("reduced", encoding.reduced)] }

    /// Restores a stored encoding.
    /// - Parameter size: the size of the picture, in pixels.
    /// - Throws: `TensorsError.encoding` if the tensors are not this model's.
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
