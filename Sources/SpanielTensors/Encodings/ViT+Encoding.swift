package import SpanielImaging
package import Tensor
package import ViT

extension ViT {
    /// Identifies everything besides the weights that an encoding depends on.
    package var preprocessingKey: String { preprocessing.key }

    /// Returns an encoding as named tensors, to be stored.
    package func tensors(of encoding: Encoding) -> [(String, Tensor)] { [("embedding", encoding.embedding)] }

    /// Restores a stored encoding.
    /// - Parameter size: the size of the picture, which does not matter here.
    /// - Throws: `TensorsError.encoding` if the tensors are not this model's.
    package func encoding(from tensors: [String: Tensor], size: Size) throws(TensorsError) -> Encoding {
        let expected: Tensor.Shape = [configuration.layers.channels]
        guard let embedding = tensors["embedding"], embedding.shape == expected,
            embedding.array.allSatisfy(\.isFinite)
        else {
            throw .encoding(
                expected: "finite numbers \(expected)",
                found: tensors["embedding"].map { "\($0.shape)" } ?? "none")
        }
        return Encoding(embedding: embedding)
    }
}
