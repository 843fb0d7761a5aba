import Foundation
import SAM
import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing

@Suite("Checkpoints of SAM's authors")
struct CheckpointTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Goldens/PyTorch").standardizedFileURL

    @Test("a .pth with the authors' names computes what transformers does with the same weights")
    func numbers() throws {
        let sam = try SAM(contentsOf: Self.folder.appending(path: "sam.pth"), precision: .float32)
        let golden = try Safetensors(contentsOf: Self.folder.appending(path: "sam.safetensors"))
        func expected(_ name: String) throws -> Tensor { try golden.tensor(try #require(golden.entry(name))) }
        let frame = SAM.Frame(original: Size(width: 32, height: 32), longest: 32, side: 32)
        let encoding = try sam.encode(pixels: expected("pixel_values").transposed([0, 2, 3, 1]), frame: frame)
        expectClose(
            encoding.embedding.transposed([2, 0, 1]).reshaped([1, 16, 4, 4]), try expected("image_embeddings"),
            "image_embeddings", tolerance: 2e-5)
        let answers = try sam.masks(for: .init(point: Point(x: 9, y: 14)), in: encoding)
        expectClose(
            Tensor.stack(answers.map(\.logits)), try expected("low_res_masks"), "low_res_masks", tolerance: 2e-5)
        expectClose(
            Tensor(answers.map(\.score), [3]), try expected("iou_scores"), "iou_scores", tolerance: 2e-5)
        #expect(sam.identity.name == "sam.pth" && sam.imageSize == 32)
    }
}
