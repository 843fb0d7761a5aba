package import SAM
package import SpanielImaging
package import Tensor

extension SAM {
    /// Identifies everything besides the weights that an encoding depends on.
    package var preprocessingKey: String { preprocessing.key }

    /// Returns an encoding as named tensors: the embedding, the size [2] that the picture was scaled to, and
    /// the finer levels, if the model has any.
    package func tensors(of encoding: Encoding) -> [(String, Tensor)] {
        let resized = encoding.frame.resized
        return [
            ("embedding", encoding.embedding),
            ("resized", Tensor([Float(resized.width), Float(resized.height)], [2])),
        ] + encoding.fineLevels.enumerated().map { ("fine.\($0)", $1) }
    }

    /// Restores an encoding from named tensors.
    /// - Parameter size: the size of the picture, in pixels.
    /// - Throws: `TensorsError.encoding` if the tensors are not this model's.
    package func encoding(from tensors: [String: Tensor], size: Size) throws(TensorsError) -> Encoding {
        let encoder = configuration.imageEncoder
        let side = 1...encoder.imageSize
        let shapes = fineLevelShapes
        let fineLevels = shapes.indices.compactMap { tensors["fine.\($0)"] }
        guard let embedding = tensors["embedding"],
            embedding.shape == [encoder.grid, encoder.grid, encoder.outputChannels],
            let resized = tensors["resized"], resized.shape == [2],
            let width = Int(exactly: resized.array[0]),
            let height = Int(exactly: resized.array[1]), side.contains(width), side.contains(height),
            fineLevels.map(\.shape) == shapes
        else { throw .encoding(expected: "an embedding and its size", found: "others") }
        let frame = Frame(
            original: size, resized: Size(width: width, height: height), side: encoder.imageSize,
            isStretched: preprocessing.isStretched)
        return self.encoding(
            of: ImageFeatures(
                embedding: embedding.reshaped(Tensor.Shape([1] + embedding.shape.extents)),
                fineLevels: fineLevels), frame: frame)
    }

    /// The shapes of the finer levels that this model's decoder reads.
    private var fineLevelShapes: [Tensor.Shape] {
        guard configuration.maskDecoder.second != nil else { return [] }
        let (grid, channels) = (configuration.imageEncoder.grid, configuration.imageEncoder.outputChannels)
        return [[1, 4 * grid, 4 * grid, channels / 8], [1, 2 * grid, 2 * grid, channels / 4]]
    }
}
