package import SAM
package import SpanielImaging
package import Tensor

extension SAM {
    /// Identifies everything besides the weights that an encoding depends on.
    package var preprocessingKey: String { preprocessing.key }

    /// Returns an encoding as named tensors: the embedding, and the size [2] that the picture was scaled to.
    package func tensors(of encoding: Encoding) -> [(String, Tensor)] {
        let resized = encoding.frame.resized
        return [
            ("embedding", encoding.embedding),
            ("resized", Tensor([Float(resized.width), Float(resized.height)], [2])),
        ]
    }

    /// Restores an encoding from named tensors.
    /// - Parameter size: the size of the picture, in pixels.
    /// - Throws: `TensorsError.encoding` if the tensors are not this model's.
    package func encoding(from tensors: [String: Tensor], size: Size) throws(TensorsError) -> Encoding {
        let encoder = configuration.imageEncoder
        let side = 1...encoder.imageSize
        guard let embedding = tensors["embedding"],
            embedding.shape == [encoder.grid, encoder.grid, encoder.outputChannels],
            let resized = tensors["resized"], resized.shape == [2],
            let width = Int(exactly: resized.array[0]),
            let height = Int(exactly: resized.array[1]), side.contains(width), side.contains(height)
        else { throw .encoding(expected: "an embedding and its size", found: "others") }
        let frame = Frame(
            original: size, resized: Size(width: width, height: height), side: encoder.imageSize)
        return self.encoding(
            of: ImageFeatures(embedding: embedding.reshaped(Tensor.Shape([1] + embedding.shape.extents))),
            frame: frame)
    }
}
