import CLIPSeg
import SpanielTestSupport
import Tensor
import SpanielTensors
import Testing

struct ModelTests {
    @Test("pictures become transformers' pixel values", arguments: CLIPSegGolden.all)
    func preprocessing(golden: CLIPSegGolden) throws {
        let (clipseg, steps) = (try golden.model(), try golden.steps())
        for i in 0..<4 {
            // A rounding of the normalisation at most.
            expectClose(
                clipseg.preprocessing(try steps.picture(i)), try steps["pixels.\(i)"], "picture \(i)",
                tolerance: 1e-6)
        }
    }

    @Test(
        "the taps are transformers' hidden states, and the layers behind them are left out",
        arguments: CLIPSegGolden.all)
    func taps(golden: CLIPSegGolden) throws {
        let (clipseg, steps) = (try golden.model(), try golden.steps())
        let taps = try clipseg.imageEncoder.tokens(steps["pixels.0"], after: clipseg.configuration.taps)
        for (i, tap) in taps.enumerated() { expectClose(tap, try steps["tap.\(i)"], "tap \(i)") }
        let reduced = clipseg.decoder.reduced(taps)
        for i in taps.indices {
            expectClose(reduced[leading: i..<i + 1], try steps["reduced.\(i)"], "reduced \(i)")
        }
    }

    @Test("a prompt modulates as in transformers", arguments: CLIPSegGolden.all)
    func film(golden: CLIPSegGolden) throws {
        let (clipseg, steps) = (try golden.model(), try golden.steps())
        let prompts = try steps["conditional.texts"]
        expectClose(clipseg.decoder.multiply(prompts), try steps["film.multiply"], "factors")
        expectClose(clipseg.decoder.add(prompts), try steps["film.add"], "terms")
    }

    @Test("each layer of the decoder is transformers'", arguments: CLIPSegGolden.all)
    func layers(golden: CLIPSegGolden) throws {
        let (clipseg, steps) = (try golden.model(), try golden.steps())
        for (i, layer) in clipseg.decoder.layers.enumerated() {
            expectClose(layer(try steps["decoder.\(i).in"]), try steps["decoder.\(i).out"], "layer \(i)")
        }
    }

    @Test("the upsampler is transformers'", arguments: CLIPSegGolden.all)
    func upsampler(golden: CLIPSegGolden) throws {
        let (clipseg, steps) = (try golden.model(), try golden.steps())
        let cells = try steps["upsampler.in"]
        let (count, channels) = (cells.shape[0], cells.shape[3])
        let tokens = cells.reshaped([count, cells.count / count / channels, channels])
        let withClass = Tensor.concatenated([.zeros([count, 1, channels]), tokens], axis: 1)
        expectClose(
            clipseg.decoder.upsampler(withClass), try steps["logits.texts"], "logits", tolerance: 2e-5)
    }

    @Test("texts become transformers' ids and conditional embeddings", arguments: CLIPSegGolden.all)
    func texts(golden: CLIPSegGolden) throws {
        let (clipseg, steps) = (try golden.model(), try golden.steps())
        let prompts = try clipseg.embed(CLIPSegGolden.texts)
        expectClose(Tensor.stack(prompts.map(\.embedding)), try steps["conditional.texts"], "texts")
        #expect(
            prompts.map(\.text) == CLIPSegGolden.texts
                && prompts.map(\.wasCut) == [false, false, false, true])
        #expect(try clipseg.texts.inputIDs(CLIPSegGolden.texts).array == steps["ids"].array)
    }

    @Test("a text asked for again has the same bits, alone or among others, in any order")
    func sameText() throws {
        let (first, second) = (try CLIPSegGolden.plain.model(), try CLIPSegGolden.plain.model())
        let some = try first.embed(["a cat", "dog!", "a cat"])
        #expect(
            some.map(\.text) == ["a cat", "dog!", "a cat"]
                && some[0].embedding.array == some[2].embedding.array)
        #expect(try first.embed(["dog!"])[0].embedding.array == some[1].embedding.array)
        #expect(try second.embed(["the red mug", "dog!"])[1].embedding.array == some[1].embedding.array)
    }

    @Test("texts without words are refused")
    func badTexts() throws {
        let clipseg = try CLIPSegGolden.plain.model()
        #expect(throws: CLIPError.textEmpty) { try clipseg.embed(["a cat", "  "]) }
        #expect(throws: CLIPError.textEmpty) { try clipseg.embed([""]) }
    }

    @Test("the tensors to compare are in transformers' order, from a picture and from its pixel values")
    func tensors() throws {
        let (clipseg, steps) = (try CLIPSegGolden.plain.model(), try CLIPSegGolden.plain.steps())
        let prompts = try clipseg.embed(CLIPSegGolden.texts) + steps.prompts("conditional.picture")
        let found = try clipseg.tensors(steps.picture(0), prompts: prompts)
        #expect(found.map(\.name) == ["pixel_values", "input_ids", "conditional_embeddings", "logits"])
        #expect(found.map(\.tensor.shape) == [[1, 3, 28, 28], [4, 12], [5, 20], [5, 28, 28]])
        expectClose(
            found[0].tensor.transposed([0, 2, 3, 1]), try steps["pixels.0"], "pixels", tolerance: 1e-6)
        expectClose(found[3].tensor[leading: 0..<4], try steps["logits.texts"], "logits", tolerance: 4e-5)
        let again = try clipseg.tensors(pixelValues: found[0].tensor, prompts: prompts)
        #expect(zip(found, again).allSatisfy { $0.tensor.array == $1.tensor.array })
        #expect(try clipseg.tensors(steps.picture(0)).count == 1)
        #expect(throws: TensorsError.self) { try clipseg.tensors(pixelValues: .zeros([1, 3, 28, 27])) }
    }

    @Test("texts, an example, and both mixed give transformers' logits", arguments: CLIPSegGolden.all)
    func logits(golden: CLIPSegGolden) throws {
        let (clipseg, steps) = (try golden.model(), try golden.steps())
        let encoding = try clipseg.encode(try steps.picture(0))
        #expect(encoding.size == Size(width: 61, height: 43))
        let texts = try steps.prompts("conditional.texts")
        // Encoder and decoder together: some fifty products one after the other.
        expectClose(
            try clipseg.logits(for: texts, in: encoding), try steps["logits.texts"], "texts", tolerance: 4e-5)
        let example = try clipseg.prompt(pixels: steps["pixels.1"][leading: 0])
        expectClose(example.embedding, try steps["conditional.picture"][leading: 0], "example")
        expectClose(
            try clipseg.logits(for: [example], in: encoding), try steps["logits.picture"], "example",
            tolerance: 4e-5)
        let mixed = try CLIPSeg.Conditional.mix(text: texts[0], example: example, weight: 0.3)
        expectClose(mixed.embedding, try steps["conditional.mixed"][leading: 0], "mix")
        expectClose(
            try clipseg.logits(for: [mixed], in: encoding), try steps["logits.mixed"], "mixed",
            tolerance: 4e-5)
    }

    @Test("prompts decoded together are decoded as if alone")
    func together() throws {
        let (clipseg, steps) = (try CLIPSegGolden.plain.model(), try CLIPSegGolden.plain.steps())
        let encoding = try clipseg.encode(try steps.picture(0))
        let prompts =
            try steps.prompts("conditional.texts") + steps.prompts("conditional.mixed")
            + steps.prompts("conditional.picture")
        let logits = try clipseg.logits(for: prompts, in: encoding)
        #expect(logits.shape == [6, 28, 28])
        for (i, prompt) in prompts.enumerated() {
            #expect(try clipseg.logits(for: [prompt], in: encoding).array == logits[leading: i].array)
        }
    }

    @Test("a kept encoding answers as the first one; another model's is refused")
    func keptEncoding() throws {
        let (clipseg, steps) = (try CLIPSegGolden.plain.model(), try CLIPSegGolden.plain.steps())
        let encoding = try clipseg.encode(try steps.picture(1))
        let kept = Dictionary(uniqueKeysWithValues: clipseg.tensors(of: encoding))
        let again = try clipseg.encoding(from: kept, size: encoding.size)
        let prompts = try steps.prompts("conditional.picture")
        #expect(
            try clipseg.logits(for: prompts, in: again).array
                == clipseg.logits(for: prompts, in: encoding).array)
        let other = try CLIPSegGolden.all[1].model()
        let error = #expect(throws: TensorsError.self) { try other.encoding(from: kept, size: encoding.size) }
        #expect(error?.code == "encoding.shape")
        #expect(throws: TensorsError.self) { try clipseg.encoding(from: [:], size: encoding.size) }
        let broken = ["reduced": Tensor(repeating: .nan, [3, 50, 16])]
        #expect(throws: TensorsError.self) { try clipseg.encoding(from: broken, size: encoding.size) }
    }

    @Test("prompts of another model and impossible mixes are refused")
    func badPrompts() throws {
        let (clipseg, steps) = (try CLIPSegGolden.plain.model(), try CLIPSegGolden.plain.steps())
        let encoding = try clipseg.encode(try steps.picture(3))
        let own = CLIPSeg.Conditional(embedding: .zeros([20]))
        let other = CLIPSeg.Conditional(embedding: .zeros([14]))
        #expect(throws: CLIPSegError.nothingAsked) { try clipseg.logits(for: [], in: encoding) }
        #expect(throws: CLIPSegError.conditional(found: 14, expected: 20)) {
            try clipseg.logits(for: [own, other], in: encoding)
        }
        #expect(throws: CLIPSegError.conditional(found: 14, expected: 20)) {
            try CLIPSeg.Conditional.mix(text: own, example: other, weight: 0.5)
        }
        #expect(throws: CLIPSegError.mix(1.5)) {
            try CLIPSeg.Conditional.mix(text: own, example: own, weight: 1.5)
        }
        #expect(throws: CLIPSegError.self) {
            try CLIPSeg.Conditional.mix(text: own, example: own, weight: .nan)
        }
        #expect(throws: CLIPSegError.nothingAsked) { try CLIPSeg.Conditional.mean([]) }
        #expect(throws: CLIPSegError.threshold(2)) { try clipseg.concept("mug", [own], threshold: 2) }
    }

    @Test("an encode in a cancelled task ends early")
    func cancellation() async throws {
        let (clipseg, steps) = (try CLIPSegGolden.plain.model(), try CLIPSegGolden.plain.steps())
        let picture = try steps.picture(0)
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try clipseg.encode(picture)
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
