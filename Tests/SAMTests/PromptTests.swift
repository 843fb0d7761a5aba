import SAM
import SpanielTestSupport
import Tensor
import SpanielTensors
import Testing

struct PromptTests {
    private func error(_ prompt: SAM.Prompt) throws -> SAMError? {
        let (sam, steps) = (try SAMGolden.all[0].model(), try SAMGolden.all[0].steps())
        let encoding = try sam.encode(try steps.picture(0))
        do {
            _ = try sam.masks(for: prompt, in: encoding)
            return nil
        } catch { return error }
    }

    @Test("an empty prompt, a point or box outside, and a mask of another size are refused")
    func refusals() throws {
        #expect(try error(SAM.Prompt()) == .promptEmpty)
        #expect(try error(SAM.Prompt(point: Point(x: 62, y: 3)))?.code == "prompt.point")
        #expect(try error(SAM.Prompt(point: Point(x: 3, y: -1)))?.code == "prompt.point")
        #expect(try error(SAM.Prompt(point: Point(x: .nan, y: 3)))?.code == "prompt.point")
        #expect(try error(SAM.Prompt(box: Box(x1: 61, y1: 0, x2: 70, y2: 44)))?.code == "prompt.box")
        #expect(try error(SAM.Prompt(box: Box(x1: 9, y1: 0, x2: 3, y2: 9)))?.code == "prompt.box")
        #expect(try error(SAM.Prompt(box: Box(x1: .nan, y1: 0, x2: 3, y2: 9)))?.code == "prompt.box")
        #expect(try error(SAM.Prompt(mask: .zeros([28, 27])))?.code == "prompt.mask")
    }

    @Test(
        "a box over the border is cut to the picture, a point less than a pixel outside moves to the border")
    func cut() throws {
        let (sam, steps) = (try SAMGolden.all[0].model(), try SAMGolden.all[0].steps())
        let encoding = try sam.encode(try steps.picture(0))
        for (over, inside) in [
            (Box(x1: -20, y1: 5, x2: 30, y2: 99), Box(x1: 0, y1: 5, x2: 30, y2: 43)),
            (Box(x1: -0.4, y1: 5, x2: 61.3, y2: 40), Box(x1: 0, y1: 5, x2: 61, y2: 40)),
        ] {
            let found = try sam.masks(for: SAM.Prompt(box: over), in: encoding)
            #expect(
                try found.map(\.score) == sam.masks(for: SAM.Prompt(box: inside), in: encoding).map(\.score))
        }
        let found = try sam.masks(for: SAM.Prompt(point: Point(x: 61.9, y: -0.4)), in: encoding)
        let edge = try sam.masks(for: SAM.Prompt(point: Point(x: 61, y: 0)), in: encoding)
        #expect(found.map(\.score) == edge.map(\.score))
    }

    @Test("the picture's very edges are inside")
    func edges() throws {
        #expect(try error(SAM.Prompt(point: Point(x: 61, y: 43))) == nil)
        #expect(try error(SAM.Prompt(box: Box(x1: 0, y1: 0, x2: 61, y2: 43))) == nil)
    }

    @Test("named tensors are in transformers' order, from a picture and from pixel values")
    func tensors() throws {
        let (sam, steps) = (try SAMGolden.all[0].model(), try SAMGolden.all[0].steps())
        let (prompt, multimask) = try steps.prompt(2)
        let tensors = try sam.tensors(try steps.picture(0), prompt: prompt, multimask: multimask)
        #expect(tensors.map(\.name) == ["pixel_values", "image_embeddings", "low_res_masks", "iou_scores"])
        #expect(
            tensors.map(\.tensor.shape) == [[1, 3, 56, 56], [1, 16, 7, 7], [1, 1, 3, 28, 28], [1, 1, 3]])
        expectClose(
            tensors[0].tensor.transposed([0, 2, 3, 1]), try steps["pixels.0"], "pixel values", tolerance: 0)
        expectClose(tensors[1].tensor.transposed([0, 2, 3, 1]), try steps["neck.out"], "embeddings")
        let frame = sam.preprocessing(try steps.picture(0)).frame
        let scaled = SAM.Prompt(
            points: prompt.points.map { .init(frame.scaled($0.point), isObject: $0.isObject) })
        let again = try sam.tensors(pixelValues: tensors[0].tensor, prompt: scaled, multimask: multimask)
        for (a, b) in zip(again, tensors) { #expect(a.tensor.array == b.tensor.array) }
        #expect(throws: TensorsError.self) {
            try sam.tensors(pixelValues: .zeros([1, 3, 55, 56]), prompt: nil, multimask: true)
        }
    }
}
