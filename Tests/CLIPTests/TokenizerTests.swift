import CLIP
import Foundation
import SpanielFiles
import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing

struct TokenizerTests {
    struct Case {
        let text: String
        let ids: [Int32]
        let owl: [Int32]
    }

    private static func cases() throws -> [Case] {
        let rows = try JSON(parsing: Data(contentsOf: TokenizerFolder.golden.appending(path: "texts.json")))
            .array
        return try #require(rows).map { row in
            func ids(_ key: String) -> [Int32]? {
                row.object?[key]?.array?.compactMap { $0.int.map(Int32.init) }
            }
            return Case(
                text: try #require(row.object?["text"]?.string), ids: try #require(ids("ids")),
                owl: ids("owl") ?? ids("ids") ?? [])
        }
    }

    private func expect(_ tokenizer: CLIP.Tokenizer, _ cases: [Case], _ ids: (Case) -> [Int32]) {
        let wrong = cases.filter { tokenizer($0.text, length: 100_000).ids != ids($0) }
        #expect(
            wrong.isEmpty,
            "\(wrong.count) texts, the first: \(wrong.prefix(3).map { ($0.text.debugDescription, ids($0), tokenizer($0.text, length: 100_000).ids) })"
        )
    }

    @Test("the ids of 2,463 texts are transformers', from vocab.json and merges.txt")
    func texts() throws {
        let cases = try Self.cases()
        #expect(cases.count >= 2_000)
        let folder = try TokenizerFolder().writtenApart()
        let tokenizer = try CLIP.Tokenizer(contentsOf: folder.url)
        #expect(tokenizer.vocabularySize == 49408 && tokenizer.startID == 49406 && tokenizer.endID == 49407)
        expect(tokenizer, cases, \.ids)
    }

    @Test(
        "a padding token that is a word is that token wherever it stands, as in OWL-ViT's files",
        arguments: ["tokenizer_config", "special_tokens_map"])
    func paddingToken(file: String) throws {
        let folder = try TokenizerFolder().writtenApart()
        try folder.write("\(file).json", #"{"pad_token": "!"}"#)
        let tokenizer = try CLIP.Tokenizer(contentsOf: folder.url)
        #expect(tokenizer.paddingID == 0)
        expect(tokenizer, try Self.cases(), \.owl)
    }

    @Test(
        "tokenizer.json gives the same ids, its merges written as strings or as pairs",
        arguments: [false, true])
    func tokenizerFile(asPairs: Bool) throws {
        let folder = try ScratchFolder()
        try folder.write("tokenizer.json", TokenizerFolder().tokenizer(asPairs: asPairs).bytes())
        expect(try CLIP.Tokenizer(contentsOf: folder.url), try Self.cases(), \.ids)
    }

    @Test("a special token marked as normalized is found in any case")
    func normalizedToken() throws {
        let folder = try ScratchFolder()
        try folder.write(
            "tokenizer.json", TokenizerFolder().tokenizer(asPairs: true, startIsNormalized: true).bytes())
        let tokenizer = try CLIP.Tokenizer(contentsOf: folder.url)
        let text = "a<|endoftext|>b <|STARTOFTEXT|> <|ENDOFTEXT|>!! <|endoftext|>!! "
        let ids: [Int32] = [
            49406, 320, 49407, 321, 49406, 27, 347, 40786, 4160, 91, 285, 748, 49407, 748, 49407,
        ]
        #expect(tokenizer(text, length: 77).ids == ids)
    }

    @Test("a text that is too long keeps its end token and says that it was cut")
    func cutting() throws {
        let folder = try TokenizerFolder().writtenApart()
        let tokenizer = try CLIP.Tokenizer(contentsOf: folder.url)
        let short = tokenizer("a photo of a dog", length: 7)
        #expect(short.ids == [49406, 320, 1125, 539, 320, 1929, 49407] && !short.wasCut && short.words == 5)
        let long = tokenizer("a photo of a dog", length: 6)
        #expect(long.ids == [49406, 320, 1125, 539, 320, 49407] && long.wasCut && long.words == 5)
        #expect(short.padded(to: 9, with: 0) == [49406, 320, 1125, 539, 320, 1929, 49407, 0, 0])
    }

    @Test("a small vocabulary without all bytes has end tokens for unknown characters, and says how many")
    func unknownCharacters() throws {
        let small = TokenizerFolder(merges: ["d o", "do g</w>", "a n"], bytes: 97...122)
        let folder = try small.writtenApart()
        let tokenizer = try CLIP.Tokenizer(contentsOf: folder.url)
        #expect(tokenizer.vocabularySize == 57)
        let tokens = tokenizer("Dog é1 an", length: 16)
        #expect(tokens.ids == [55, 53, 56, 56, 56, 0, 39, 56])
        #expect(tokens.words == 6 && tokens.unknown == 3)
        #expect(throws: CLIPError.textUnknown("猫!")) { try tokenizer("猫!", length: 16).check("猫!") }
        #expect(throws: CLIPError.textEmpty) { try tokenizer(" \u{3000}\n", length: 16).check(" ") }
        try tokens.check("Dog é1 an")
    }

    @Test(
        "files that are no CLIP tokenizer's are refused by name",
        arguments: [
            (#"{"model": {"type": "WordPiece"}}"#, "model.type"),
            (#"{"model": {"type": "BPE", "end_of_word_suffix": ""}}"#, "end_of_word_suffix"),
            (#"{"version": "1.0"}"#, "a model"), ("{\"model\": ", "JSON"), ("", "JSON"), ("[]", "JSON"),
            ("{\"model\": {\"vocab\": {\"\u{0}\": 1}}}", "JSON"),
            (#"{"model": {"vocab": {"a": -1}}}"#, "an id from 0"),
            (#"{"model": {"vocab": {"a": 4000000000}}}"#, "an id from 0"),
            (#"{"model": {"vocab": {"a": "b"}}}"#, "an id from 0"),
            (#"{"model": {"vocab": {"a": 1.5}}}"#, "an id from 0"),
            (#"{"model": {"vocab": {}, "merges": ["a"]}}"#, "merge 1"),
            (#"{"model": {"vocab": {}, "merges": [["a", "b", "c"]]}}"#, "two strings"),
            (#"{"model": {"vocab": {}, "merges": [3]}}"#, "merge 1"),
            (#"{"added_tokens": [{"id": 3}], "model": {}}"#, "added_tokens"),
            (#"{"added_tokens": [{"id": 3, "content": "x", "lstrip": true}], "model": {}}"#, "lstrip"),
            (
                #"{"model": {"vocab": {"<|startoftext|>": 0, "<|endoftext|>": 1, "a": 2, "b": 3}, "merges": ["a b"]}}"#,
                "“ab” is none"
            ),
            (#"{"model": {"vocab": {"a": 0}, "merges": []}}"#, "<|startoftext|>"),
            (#"{"model": {"vocab": {}, "merges": {}}}"#, "JSON"),
        ])
    func refusals(text: String, words: String) throws {
        let folder = try ScratchFolder()
        try folder.write("tokenizer.json", text)
        let error = #expect(throws: CLIPError.self) { try CLIP.Tokenizer(contentsOf: folder.url) }
        #expect(
            error?.code == "tokenizer.file" && error?.description.contains(words) == true, "\(error as Any)")
        #expect(error?.description.contains("tokenizer.json") == true)
    }

    @Test("bytes that are no text, merges that are none, and missing files are refused by name")
    func otherFiles() throws {
        let folder = try ScratchFolder()
        #expect(
            throws: CLIPError.tokenizerMissing(
                folder: folder.url.path(percentEncoded: false), found: "neither")
        ) {
            try CLIP.Tokenizer(contentsOf: folder.url)
        }
        try folder.write(
            "vocab.json", #"{"a": 0, "b": 1, "ab": 2, "<|startoftext|>": 3, "<|endoftext|>": 4}"#)
        #expect(
            throws: CLIPError.tokenizerMissing(
                folder: folder.url.path(percentEncoded: false), found: "vocab.json alone")
        ) {
            try CLIP.Tokenizer(contentsOf: folder.url)
        }
        for (bytes, words) in [
            ([0x61, 0x20, 0xFF], "UTF-8"), (Array("a b c".utf8), "merge 1"),
            (Array("a c".utf8), "“c” is none"),
        ]
            as [([UInt8], String)]
        {
            try folder.write("merges.txt", bytes)
            let error = #expect(throws: CLIPError.self) { try CLIP.Tokenizer(contentsOf: folder.url) }
            #expect(
                error?.description.contains("merges.txt") == true
                    && error?.description.contains(words) == true, "\(error as Any)")
        }
        try folder.write("merges.txt", "#version: 0.2\r\na b\r\n\r\n")
        try folder.write("tokenizer_config.json", #"{"pad_token": {"content": "ab"}, "bos_token": null}"#)
        #expect(try CLIP.Tokenizer(contentsOf: folder.url).paddingID == 2)
        try folder.write("tokenizer_config.json", #"{"pad_token": 3}"#)
        let error = #expect(throws: WeightsError.self) { try CLIP.Tokenizer(contentsOf: folder.url) }
        #expect(error?.description.contains("pad_token") == true)
        try folder.write("vocab.json", [UInt8](repeating: 0x20, count: 33 << 20))
        #expect(throws: CLIPError.self) { try CLIP.Tokenizer(contentsOf: folder.url) }
    }

    @Test("merges that lead back to their own parts end")
    func loops() throws {
        let folder = try ScratchFolder()
        let ids = #"{"a": 0, "a</w>": 0, "aa": 0, "aa</w>": 0, "<|startoftext|>": 1, "<|endoftext|>": 1}"#
        try folder.write(
            "tokenizer.json", #"{"model": {"vocab": \#(ids), "merges": ["a a", "a a</w>", "a a"]}}"#)
        let tokenizer = try CLIP.Tokenizer(contentsOf: folder.url)
        #expect(tokenizer(String(repeating: "a", count: 5_000), length: 77).ids == [1, 0, 1])
    }
}
