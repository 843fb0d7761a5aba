package import SpanielImaging
package import Tensor
package import ViT

extension ViT {
    /// What an encoding depends on besides the model's weights.
    package var preprocessingKey: String { preprocessing.key }

    /// An encoding as named tensors, to be kept.
    package func tensors(of encoding: Encoding) -> [(String, Tensor)] { [("embedding", encoding.embedding)] }

    /// An encoding that was kept.
    /// - Parameter size: the picture's, which does not matter here.
    /// - Throws: `TensorsError.encoding` when the tensors are not this model's.
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
