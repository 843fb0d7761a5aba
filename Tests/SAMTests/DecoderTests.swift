import SAM
import SpanielTestSupport
import Tensor
import Testing

struct DecoderTests {
    @Test("positions of the cells are transformers'", arguments: SAMGolden.all)
    func positions(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        let expected = try steps["position"]
        // A code is a sine or cosine of an angle up to ~20, which float32 holds to 1e-6.
        expectClose(sam.decoder.positions.reshaped(expected.shape), expected, "positions", tolerance: 5e-6)
    }

    @Test("points, boxes and masks become transformers' tokens and maps", arguments: SAMGolden.all)
    func prompts(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        let frame = sam.preprocessing(try steps.picture(0)).frame
        for i in 0..<SAMGolden.Steps.promptCount {
            let prompt = try steps.prompt(i).prompt
            let tokens = sam.promptEncoder.tokens(prompt, in: frame)
            if steps.contains("prompt.\(i).sparse") {
                expectClose(tokens, try steps["prompt.\(i).sparse"], "tokens of prompt \(i)")
            } else {
                #expect(tokens.shape[0] == 0)
            }
            if let mask = prompt.mask {
                expectClose(
                    sam.promptEncoder.mask(mask)[leading: 0], try steps["prompt.\(i).dense"],
                    "map of prompt \(i)")
            }
        }
    }

    @Test("each two-way layer is transformers'", arguments: SAMGolden.all)
    func twoWayLayers(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        let p = try steps["twoway.0.tokens.in"]
        for (i, layer) in sam.decoder.layers.enumerated() {
            let picture = SAM.PictureTokens(
                tokens: try steps["twoway.\(i).image.in"], positions: sam.decoder.positions)
            let (tokens, cells) = layer(try steps["twoway.\(i).tokens.in"], p, picture)
            expectClose(tokens, try steps["twoway.\(i).tokens.out"], "tokens of layer \(i)")
            expectClose(cells, try steps["twoway.\(i).image.out"], "picture of layer \(i)")
        }
    }

    @Test("upscaling is transformers'", arguments: SAMGolden.all)
    func upscaling(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        expectClose(sam.decoder.upscaling(try steps["upscale.in"]), try steps["upscale.out"], "upscaled")
    }

    @Test("every mix of prompts gives transformers' logits and scores", arguments: SAMGolden.all)
    func whole(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        let encoding = try sam.encode(try steps.picture(0))
        for i in 0..<SAMGolden.Steps.promptCount {
            let (prompt, multimask) = try steps.prompt(i)
            let found = try sam.masks(for: prompt, in: encoding, multimask: multimask)
            let scores = Tensor(found.map(\.score), [found.count])
            expectClose(scores, try steps["prompt.\(i).scores"], "scores of prompt \(i)", tolerance: 2e-5)
            // Encoder and decoder together: some sixty products one after the other.
            expectClose(
                Tensor.stack(found.map(\.logits)), try steps["prompt.\(i).logits"], "logits of prompt \(i)",
                tolerance: 4e-5)
        }
    }

    @Test("prompts decoded together are decoded as if alone")
    func together() throws {
        let (sam, steps) = (try SAMGolden.all[0].model(), try SAMGolden.all[0].steps())
        let encoding = try sam.encode(try steps.picture(0))
        let prompts = try [0, 2, 4, 6, 9].map { try steps.prompt($0).prompt }
        let (logits, scores, _) = sam.decode(prompts: prompts, in: encoding, multimask: true)
        #expect(logits.shape == [5, 3, 28, 28] && scores.shape == [5, 3])
        for (i, prompt) in prompts.enumerated() {
            let alone = sam.decode(prompts: [prompt], in: encoding, multimask: true)
            #expect(
                logits[leading: i].array == alone.logits.array
                    && scores[leading: i].array == alone.scores.array)
        }
    }

    @Test("PerSAM's guidance and the original's epsilon follow the original code", arguments: SAMGolden.all)
    func guidance(golden: SAMGolden) throws {
        let (sam, steps) = (try golden.model(), try golden.steps())
        let encoding = try sam.encode(try steps.picture(0))
        let prompt = try steps.prompt(2).prompt
        let guidance = SAM.MaskDecoder.Guidance(
            attention: try steps["guided.attention"], target: try steps["guided.target"])
        for (kind, guidance) in [("guided", guidance), ("original", nil)] {
            for multimask in [true, false] {
                let (logits, scores, _) = sam.decode(
                    prompts: [prompt], in: encoding, multimask: multimask, guidance: guidance, faithful: true)
                let name = "\(kind).\(multimask ? 1 : 0)"
                expectClose(
                    logits[leading: 0], try steps["\(name).logits"], "\(name) logits", tolerance: 4e-5)
                expectClose(
                    scores[leading: 0], try steps["\(name).scores"], "\(name) scores", tolerance: 2e-5)
            }
        }
    }
}
