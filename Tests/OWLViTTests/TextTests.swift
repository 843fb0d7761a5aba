import Foundation
import OWLViT
import SpanielTestSupport
import Tensor
import SpanielTensors
import Testing

struct TextTests {
    @Test(
        "texts become transformers' queries, whether asked for once or again, alone or together",
        arguments: OWLViTGolden.all)
    func queries(golden: OWLViTGolden) throws {
        let (owl, texts) = (try golden.model(), try golden.texts())
        let expected = try golden.steps()["text_embeds"][leading: 0]
        let queries = try owl.embed(texts)
        expectClose(Tensor.stack(queries.map(\.embedding)), expected, "queries")
        #expect(queries.map(\.text) == texts && !queries.contains(where: \.wasCut))
        #expect(
            try owl.embed(texts.reversed()).map(\.embedding.array)
                == queries.reversed().map(\.embedding.array))
        let other = try golden.model()
        expectClose(try other.embed([texts[2]])[0].embedding, expected[leading: 2], "alone")
        #expect(try other.embed([texts[2], texts[2]]).count == 2)
        #expect(try owl.embed([]).isEmpty)
    }

    @Test("a text longer than the model takes is cut, its end kept, and says so")
    func long() throws {
        let owl = try OWLViTGolden.v1.model()
        // Fourteen words are all that stand between start and end.
        let fits = Array(repeating: "cat", count: 14).joined(separator: " ")
        let queries = try owl.embed([fits, fits + " dog dog", "cat"])
        #expect(queries.map(\.wasCut) == [false, true, false])
        #expect(queries[0].embedding.array == queries[1].embedding.array)
        #expect(queries[0].embedding.array != queries[2].embedding.array)
    }

    @Test("a text without a word is refused, and so is a class without a text")
    func empty() throws {
        let owl = try OWLViTGolden.v2.model()
        for text in ["", "  \n\t"] {
            #expect(throws: CLIPError.textEmpty) { try owl.concept("a", texts: ["cat", text]) }
        }
        #expect(throws: OWLViTError.nothingToLearn) { try owl.concept("a", texts: [String]()) }
    }

    @Test(
        "without a tokenizer a model still takes examples, and with one that is not its own it takes no text")
    func tokenizerFiles() throws {
        try ModelCopy.with(OWLViTGolden.v1.folder) { copy in
            try copy.replace(
                "\"<|endoftext|>\": 528", with: "\"<|endoftext|>\": 529", in: "vocab.json")
            let error = #expect(throws: CLIPError.self) {
                try OWLViT(contentsOf: copy.folder, precision: .float32).embed(["cat"])
            }
            #expect(
                error?.code == "tokenizer.vocabulary" && error?.description.contains("529") == true,
                "\(error as Any)")
            try copy.remove("vocab.json")
            let owl = try OWLViT(contentsOf: copy.folder, precision: .float32)
            let missing = #expect(throws: CLIPError.self) { try owl.embed(["cat"]) }
            #expect(missing?.code == "tokenizer.missing")
            let concept = try owl.learn([Example(OWLViTGolden.picture(0), box: box(20, 10, 70, 50))])
            #expect(try !owl.detect(concept, in: owl.encode(OWLViTGolden.picture(0))).isEmpty)
        }
    }

    @Test(
        "the tensors to compare have transformers' names, shapes and values, from a picture and from pixel values",
        arguments: OWLViTGolden.all)
    func tensors(golden: OWLViTGolden) throws {
        let (owl, steps) = (try golden.model(), try golden.steps())
        let texts = try golden.texts()
        let fromPicture = try owl.tensors(OWLViTGolden.picture(0), texts: texts)
        let pixels = try steps.pixels(0).transposed([0, 3, 1, 2])
        for tensors in [fromPicture, try owl.tensors(pixelValues: pixels, texts: texts)] {
            var expected = [
                ("pixel_values", pixels), ("input_ids", try steps["input_ids"]),
                ("text_embeds", try steps["text_embeds"]),
            ]
            for name in ["logits", "pred_boxes", "class_embeds"] {
                expected.append((name, try steps["\(name).0"]))
            }
            if golden.name == "v2" { expected.append(("objectness_logits", try steps["objectness.0"])) }
            #expect(tensors.map(\.name).sorted() == expected.map(\.0).sorted())
            for (name, tensor) in expected {
                let found = try #require(tensors.first { $0.name == name }?.tensor, "\(name)")
                expectClose(found, tensor, name)
            }
        }
        #expect(try owl.tensors(pixelValues: pixels, texts: []).contains { $0.name == "logits" } == false)
        let error = #expect(throws: TensorsError.self) {
            try owl.tensors(pixelValues: .zeros([1, 3, 7, 7]), texts: [])
        }
        #expect(error?.code == "pixel-values.shape")
    }
}
