import Spaniel
import SpanielTensors
import Tensor

extension SAM: KeepingEncoder {}
extension ViT: KeepingEncoder {}
extension CLIP: KeepingEncoder {}
extension CLIPSeg: KeepingEncoder {}

/// A kept encoding is what the model says of the picture; what is made of it costs little.
extension DINOv2Features: KeepingEncoder {
    var weights: Weights { model.weights }
    var preprocessingKey: String { "\(model.preprocessing.key) \(settings)" }

    func encode(_ picture: Picture) throws -> PerSAM.FeatureGrid { try features(of: picture) }
    func tensors(of encoding: PerSAM.FeatureGrid) -> [(String, Tensor)] { [("features", encoding.values)] }

    func encoding(from tensors: [String: Tensor], size: Size) throws -> PerSAM.FeatureGrid {
        guard let values = tensors["features"], values.shape.rank == 3, values.shape[2] == channels,
            values.array.allSatisfy(\.isFinite)
        else { throw TensorsError.encoding(expected: "\(channels) finite channels", found: "others") }
        return PerSAM.FeatureGrid(values)
    }
}

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
        guard encoding.preparation == preparation, encoding.tiles == tiles else {
            throw TensorsError.encoding(
                expected: "\(tiles) tiles", found: "\(encoding.tiles) tiles, or another preparation")
        }
        return encoding
    }
}
