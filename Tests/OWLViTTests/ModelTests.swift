import Foundation
import OWLViT
import SpanielTestSupport
import Tensor
import Testing

struct ModelTests {
    @Test("tokens, merged tokens and the heads are transformers'", arguments: OWLViTGolden.all)
    func blocks(golden: OWLViTGolden) throws {
        let (owl, steps) = (try golden.model(), try golden.steps())
        let tokens = try owl.imageEncoder(steps.pixels(0))
        expectClose(tokens, try steps["vision"], "tokens")
        expectClose(owl.imageEncoder.postNorm(tokens), try steps["normed"], "normalised tokens")
        let merged = owl.merged(tokens)
        let expected = try steps["merged"][leading: 0]
        expectClose(merged, expected, "merged tokens")
        expectClose(owl.heads.classes(expected), try steps["raw_class"][leading: 0], "class head")
        expectClose(owl.heads.boxes(expected), try steps["raw_boxes"][leading: 0], "box head")
        expectClose(owl.heads.boxBias, try steps["box_bias"], "box bias", tolerance: 1e-7)
        expectClose(
            owl.heads.shift(expected).reshaped([merged.shape[0]]), try steps["shift"][leading: 0], "shift")
        expectClose(
            owl.heads.scale(expected).reshaped([merged.shape[0]]), try steps["scale"][leading: 0], "scale")
    }

    @Test("text embeddings are transformers'", arguments: OWLViTGolden.all)
    func texts(golden: OWLViTGolden) throws {
        let (owl, steps) = (try golden.model(), try golden.steps())
        expectClose(try owl.texts(steps.ids), try steps["text_embeds"][leading: 0], "text embeddings")
    }

    @Test(
        "logits, boxes, class embeddings and objectness are transformers'", arguments: OWLViTGolden.all, 0..<2
    )
    func outputs(golden: OWLViTGolden, number: Int) throws {
        let (owl, steps) = (try golden.model(), try golden.steps())
        let patches = try owl.patches(of: steps.pixels(number))
        expectClose(patches.boxes, try steps["pred_boxes.\(number)"][leading: 0], "boxes")
        expectClose(patches.directions, try steps["class_embeds.\(number)"][leading: 0], "class embeddings")
        expectClose(
            patches.logits(try owl.texts(steps.ids)), try steps["logits.\(number)"][leading: 0], "logits")
        #expect((patches.objectness != nil) == steps.contains("objectness.\(number)"))
        if let objectness = patches.objectness {
            expectClose(objectness, try steps["objectness.\(number)"][leading: 0], "objectness")
        }
    }
}
