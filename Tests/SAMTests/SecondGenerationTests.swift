import SAM
import SpanielTensors
import SpanielTestSupport
import Tensor
import Testing

struct SecondGenerationTests {
    @Test("points, boxes and masks become SAM 2's tokens and maps", arguments: SAMGolden.second)
    func prompts(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        let frame = sam.preprocessing(try steps.picture(0)).frame
        for i in 0..<SAMGolden.Steps.promptCount {
            let prompt = try steps.prompt(i).prompt
            expectClose(
                sam.promptEncoder.tokens(prompt, in: frame), try steps["prompt.\(i).sparse"],
                "tokens of prompt \(i)")
            if let mask = prompt.mask {
                expectClose(
                    sam.promptEncoder.mask(mask)[leading: 0], try steps["prompt.\(i).dense"],
                    "map of prompt \(i)")
            }
        }
    }

    @Test("each two-way layer and the upscaling with fine levels are SAM 2's", arguments: SAMGolden.second)
    func layers(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        let p = try steps["twoway.0.tokens.in"]
        for (i, layer) in sam.decoder.layers.enumerated() {
            let picture = SAM.PictureTokens(
                tokens: try steps["twoway.\(i).image.in"], positions: sam.decoder.positions)
            let (tokens, cells) = layer(try steps["twoway.\(i).tokens.in"], p, picture)
            expectClose(tokens, try steps["twoway.\(i).tokens.out"], "tokens of layer \(i)")
            expectClose(cells, try steps["twoway.\(i).image.out"], "picture of layer \(i)")
        }
        let levels = [try steps["level.0"], try steps["level.1"]]
        expectClose(
            sam.decoder.upscaling(try steps["upscale.in"], levels), try steps["upscale.out"], "upscaled")
    }

    @Test(
        "every mix of prompts gives transformers' answers, a single mask kept or given up for a better one",
        arguments: SAMGolden.second)
    func whole(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        let encoding = try sam.encode(try steps.picture(0))
        var ways: Set<Float> = []
        for i in 0..<SAMGolden.Steps.promptCount {
            let (prompt, multimask) = try steps.prompt(i)
            let found = try sam.masks(for: prompt, in: encoding, multimask: multimask)
            let scores = Tensor(found.map(\.score), [found.count])
            expectClose(scores, try steps["prompt.\(i).scores"], "scores of prompt \(i)", tolerance: 2e-5)
            // Encoder and decoder together: some sixty products one after the other.
            expectClose(
                Tensor.stack(found.map(\.logits)), try steps["prompt.\(i).logits"], "logits of prompt \(i)",
                tolerance: 4e-5)
            let presence = try #require(found[0].presence)
            expectClose(
                Tensor([presence], [1]), try steps["prompt.\(i).presence"].sigmoid(),
                "presence of prompt \(i)", tolerance: 2e-5)
            if !multimask { ways.insert(try steps["prompt.\(i).falls"][0]) }
        }
        #expect(ways == (golden.name == "tiny" ? [0, 1] : [0]))
    }

    @Test("PerSAM's guidance follows the original code in SAM 2's decoder", arguments: SAMGolden.second)
    func guidance(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        let guidance = SAM.MaskDecoder.Guidance(
            attention: try steps["guided.attention"], target: try steps["guided.target"])
        let (logits, scores, _) = sam.decode(
            prompts: [try steps.prompt(2).prompt], in: try sam.encode(try steps.picture(0)), multimask: true,
            guidance: guidance)
        expectClose(logits[leading: 0], try steps["guided.logits"], "logits", tolerance: 4e-5)
        expectClose(scores[leading: 0], try steps["guided.scores"], "scores", tolerance: 2e-5)
    }

    @Test("a mask is enlarged to the picture in one step, as transformers does", arguments: SAMGolden.second)
    func enlarged(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        let frame = sam.preprocessing(try steps.picture(0)).frame
        let (logits, expected) = (try steps["prompt.2.logits"], try steps["prompt.2.full"])
        for i in 0..<logits.shape[0] {
            var rows = SAM.Prediction(score: 0, logits: logits[leading: i], frame: frame).rows
            var row = [Float](repeating: 0, count: 61)
            var found: [Float] = []
            for y in 0..<43 {
                rows.fill(y, &row)
                found += row
            }
            expectClose(Tensor(found, [43, 61]), expected[leading: i], "mask \(i)", tolerance: 4e-6)
        }
    }

    @Test("a saved encoding answers as the first did; one without its fine levels is refused")
    func saved() throws {
        let (sam, steps) = (try SAMGolden.second[0].model(), try SAMGolden.second[0].steps())
        let encoding = try sam.encode(try steps.picture(0))
        let size = encoding.frame.original
        var tensors = Dictionary(uniqueKeysWithValues: sam.tensors(of: encoding))
        let restored = try sam.encoding(from: tensors, size: size)
        #expect(restored.frame == encoding.frame)
        let prompt = SAM.Prompt(point: Point(x: 30, y: 20))
        let (first, second) = try (
            sam.masks(for: prompt, in: encoding), sam.masks(for: prompt, in: restored)
        )
        #expect(first.map(\.logits.array) == second.map(\.logits.array))
        #expect(first.map(\.presence) == second.map(\.presence))
        tensors["fine.1"] = nil
        #expect(throws: TensorsError.self) { try sam.encoding(from: tensors, size: size) }
    }

    @Test("a grid of points on a picture and its crops gives masks that say how sure of them the decoder is")
    func everything() throws {
        let (sam, steps) = (try SAMGolden.second[1].model(), try SAMGolden.second[1].steps())
        let generator = SAM.AutomaticMaskGenerator(
            sam, options: .init(pointsPerSide: 4, predictedIoU: 0, stability: 0, cropLayers: 1))
        let found = try generator.masks(in: try steps.picture(0))
        #expect(!found.isEmpty)
        #expect(found.allSatisfy { (0...1).contains($0.presence ?? -1) && (0...1).contains($0.predictedIoU) })
    }
}
