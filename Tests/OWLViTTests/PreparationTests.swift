import Foundation
import OWLViT
import SpanielTestSupport
import Tensor
import Testing

struct PreparationTests {
    @Test("squashed pixel values are transformers' to the last bit", arguments: 0..<2)
    func squashed(number: Int) throws {
        let (owl, steps) = (try OWLViTGolden.v1.model(), try OWLViTGolden.v1.steps())
        expectClose(
            owl.preprocessing(OWLViTGolden.picture(number), .hf), try steps.pixels(number),
            "picture \(number)", tolerance: 0)
    }

    @Test(
        "OWLv2's padded pixel values are transformers', for wide, tall, small, one-line, one-pixel and large pictures",
        arguments: 0..<6)
    func padded(number: Int) throws {
        let (owl, steps) = (try OWLViTGolden.v2.model(), try OWLViTGolden.v2.steps())
        let pixels = owl.preprocessing(OWLViTGolden.picture(number), .hf)
        // scipy rounds to Float32 between its passes, we do so once.
        expectClose(pixels, try steps.pixels(number), "picture \(number)", tolerance: 3e-7)
        #expect(owl.preprocessing(OWLViTGolden.picture(number), .padded).array == pixels.array)
    }

    @Test("OWL-ViT's pictures are padded with grey when asked for", arguments: 0..<6)
    func grey(number: Int) throws {
        let (owl, steps) = (try OWLViTGolden.v1.model(), try OWLViTGolden.v1.steps())
        let pixels = owl.preprocessing(OWLViTGolden.picture(number), .padded)
        expectClose(
            pixels, Tensor.stack([try steps["padded.\(number)"]]), "picture \(number)", tolerance: 3e-7)
    }

    @Test("an axis of one colour stays that colour, however it is smoothed")
    func constant() {
        for (from, present, to) in [
            (1, 1, 7), (7, 7, 1), (1000, 1000, 48), (48, 48, 48), (50, 50, 1000), (97, 61, 48), (3, 2, 1),
        ] {
            let axis = OWLViT.Smoothing(from: from, present: present, to: to)
            for i in 0..<to {
                #expect(abs(axis.weights[i].reduce(axis.padding[i], +) - 1) < 1e-12)
                #expect(axis.weights[i].isEmpty || axis.first[i] + axis.weights[i].count <= present)
            }
        }
    }

    @Test("boxes of a padded picture scale by its longer side, of a squashed one by both")
    func frames() throws {
        for (golden, preparation, width, height) in [
            (OWLViTGolden.v1, OWLViT.Preparation.hf, 97.0, 61.0), (.v1, .padded, 97, 97), (.v2, .hf, 97, 97),
            (.v2, .padded, 97, 97),
        ] {
            let view = try golden.model().encode(OWLViTGolden.picture(0), preparation: preparation).views[0]
            #expect(view.frame.width == width && view.frame.height == height)
            let box = view.patches.boxes[leading: 3].array.map(Double.init)
            #expect(
                abs(view.boxes[3].center.x - box[0] * width) < 1e-4
                    && abs(view.boxes[3].height - box[3] * height) < 1e-4)
        }
    }
}
