import Spaniel
import SpanielTensors
import Tensor

extension SAM: KeepingEncoder {}
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
        guard encoding.preparation == preparation, encoding.tiles == tiles else {
            throw TensorsError.encoding(
                expected: "\(tiles) tiles", found: "\(encoding.tiles) tiles, or another preparation")
        }
        return encoding
    }
}
