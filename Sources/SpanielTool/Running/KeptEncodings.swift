import Spaniel
import Tensor

/// What was kept is not what the model makes.
struct KeptEncodingError: Error {}

extension SAM: KeepingEncoder {
    var preprocessingKey: String { preprocessing.key }

    func tensors(of encoding: Encoding) -> [(String, Tensor)] {
        let resized = encoding.frame.resized
        return [
            ("embedding", encoding.embedding),
            ("resized", Tensor([Float(resized.width), Float(resized.height)], [2])),
        ]
    }

    func encoding(from tensors: [String: Tensor], size: Size) throws -> Encoding {
        let encoder = configuration.imageEncoder
        let side = 1...encoder.imageSize
        guard let embedding = tensors["embedding"],
            embedding.shape == [encoder.grid, encoder.grid, encoder.outputChannels],
            let resized = tensors["resized"], resized.shape == [2],
            let width = Int(exactly: resized.array[0]),
            let height = Int(exactly: resized.array[1]), side.contains(width), side.contains(height)
        else { throw KeptEncodingError() }
        let frame = Frame(
            original: size, resized: Size(width: width, height: height), side: encoder.imageSize)
        return self.encoding(of: embedding, frame: frame)
    }
}

extension ViT: KeepingEncoder {}
extension CLIP: KeepingEncoder {}
extension CLIPSeg: KeepingEncoder {}

/// OWL-ViT with the options that its encodings depend on.
struct OWLEncoder: KeepingEncoder {
    let owl: OWLViT
    let preparation: OWLViT.Preparation
    let tiles: Int

    var weights: Weights { owl.weights }
    var preprocessingKey: String { owl.preprocessingKey(preparation, tiles: tiles) }

    func encode(_ picture: Picture) throws -> OWLViT.Encoding {
        try owl.encode(picture, preparation: preparation, tiles: tiles)
    }
    func tensors(of encoding: OWLViT.Encoding) -> [(String, Tensor)] { owl.tensors(of: encoding) }

    func encoding(from tensors: [String: Tensor], size: Size) throws -> OWLViT.Encoding {
        let encoding = try owl.encoding(from: tensors, size: size)
        guard encoding.preparation == preparation, encoding.tiles == tiles else { throw KeptEncodingError() }
        return encoding
    }
}
