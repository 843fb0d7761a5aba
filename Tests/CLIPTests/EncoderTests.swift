import CLIP
import SpanielTestSupport
import Tensor
import Testing

struct EncoderTests {
    @Test(
        "pixel values are transformers' to the last bit, with a preprocessor's file and without",
        arguments: CLIPGolden.all)
    func pixelValues(golden: CLIPGolden) throws {
        let (clip, steps) = (try golden.model(), try golden.steps())
        expectClose(clip.preprocessing(try steps.picture()), try steps["pixels"], "pixels", tolerance: 0)
    }

    @Test("the image encoder is transformers' block by block", arguments: CLIPGolden.all)
    func image(golden: CLIPGolden) throws {
        let (clip, steps) = (try golden.model(), try golden.steps())
        let encoder = clip.imageEncoder
        let pixels = try steps["pixels"]
        expectClose(encoder.embeddings(pixels), try steps["image.embeddings"], "embeddings")
        expectClose(encoder.preNorm(try steps["image.embeddings"]), try steps["image.normed"], "first norm")
        expectClose(encoder.layers[0](try steps["image.normed"]), try steps["image.layer.0"], "layer 0")
        let pooled = encoder.pooled(try encoder(pixels))
        expectClose(pooled, try steps["image.pooled"], "pooled")
        expectClose(clip.pictureProjection(pooled), try steps["image.projected"], "projected")
    }

    @Test(
        "ids are those of transformers' processor, short, cut, unknown and filled up",
        arguments: CLIPGolden.all)
    func ids(golden: CLIPGolden) throws {
        let (clip, steps) = (try golden.model(), try golden.steps())
        expectClose(try clip.texts.inputIDs(golden.texts()), try steps["input_ids"], "ids", tolerance: 0)
    }

    @Test(
        "the text encoder is transformers', pooled at the first end token, be it an unknown character",
        arguments: CLIPGolden.all)
    func text(golden: CLIPGolden) throws {
        let (clip, steps) = (try golden.model(), try golden.steps())
        let tokenizer = try clip.texts.tokenizer()
        let ids = try golden.texts().map { tokenizer($0, length: clip.configuration.text.length).ids }
        let embeddings =
            clip.texts.encoder.words(ids[0]) + clip.texts.encoder.positions[leading: 0..<ids[0].count]
        expectClose(
            embeddings, try steps["text.embeddings"][leading: 0][leading: 0..<ids[0].count], "embeddings")
        let pooled = try clip.texts.encoder(ids)
        expectClose(pooled, try steps["text.pooled"], "pooled")
        expectClose(clip.texts.projection(pooled), try steps["text.projected"], "projected")
    }

    @Test("a text's vector is the same alone and among others, and whether asked for once or again")
    func cache() throws {
        let clip = try CLIPGolden.all[0].model()
        let texts = try CLIPGolden.all[0].texts()
        let all = try clip.embed(texts)
        for (i, text) in texts.enumerated() {
            expectClose(try clip.embed([text])[0].embedding, all[i].embedding, text, tolerance: 0)
            expectClose(try CLIPGolden.all[0].model().embed([text])[0].embedding, all[i].embedding, text)
        }
        #expect(
            try clip.embed([texts[1], texts[0], texts[1]]).map(\.text) == [texts[1], texts[0], texts[1]])
    }

    @Test("many threads may embed at once")
    func threads() async throws {
        let clip = try CLIPGolden.all[0].model()
        let texts = try CLIPGolden.all[0].texts()
        let expected = try CLIPGolden.all[0].steps()["text_embeds"]
        try await withThrowingTaskGroup(of: Tensor.self) { group in
            for _ in 0..<8 { group.addTask { Tensor.stack(try clip.embed(texts).map(\.embedding)) } }
            for try await found in group { expectClose(found, expected, "texts") }
        }
    }
}
