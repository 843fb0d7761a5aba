import CLIP
import Foundation
import SpanielJSON
import SpanielTestSupport
import Testing

/// CLIP's vocabulary in the layouts that model folders have; its words and their ids follow from its merges.
struct TokenizerFolder {
    static let golden = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Goldens/CLIP/tokenizer")

    let merges: [String]
    let words: [String]

    init() throws {
        let lines = try String(contentsOf: Self.golden.appending(path: "merges.txt"), encoding: .utf8).split(
            separator: "\n")
        self.init(merges: lines.dropFirst().map(String.init))
    }

    init(merges: [String], bytes: ClosedRange<UInt8> = 0...255) {
        func isPrinted(_ byte: UInt8) -> Bool {
            (33...126).contains(byte) || (161...172).contains(byte) || byte >= 174
        }
        let printed = bytes.filter(isPrinted).map { String(Unicode.Scalar($0)) }
        let rest = bytes.filter { !isPrinted($0) }.enumerated().map {
            String(Unicode.Scalar(UInt32(256 + $0.offset))!)
        }
        let symbols = printed + rest
        self.merges = merges
        words =
            symbols + symbols.map { $0 + "</w>" } + merges.map { $0.replacingOccurrences(of: " ", with: "") }
            + ["<|startoftext|>", "<|endoftext|>"]
    }

    var vocabulary: JSON { .object(JSON.Object(zip(words, words.indices.map { JSON.number(String($0)) }))) }

    /// - Parameter asPairs: how the merges are written.
    func tokenizer(asPairs: Bool, startIsNormalized: Bool = false) -> JSON {
        func token(_ text: String, _ isNormalized: Bool) -> JSON {
            let fields: [(String, JSON)] = [
                ("id", .number(String(words.lastIndex(of: text) ?? 0))), ("content", .string(text)),
                ("single_word", .bool(false)),
                ("lstrip", .bool(false)), ("rstrip", .bool(false)), ("normalized", .bool(isNormalized)),
                ("special", .bool(true)),
            ]
            return .object(JSON.Object(fields))
        }
        let pairs = merges.map { merge -> JSON in
            asPairs ? .array(merge.split(separator: " ").map { .string(String($0)) }) : .string(merge)
        }
        let model: [(String, JSON)] = [
            ("type", .string("BPE")), ("dropout", .null), ("unk_token", .string("<|endoftext|>")),
            ("continuing_subword_prefix", .string("")),
            ("end_of_word_suffix", .string("</w>")), ("fuse_unk", .bool(false)), ("vocab", vocabulary),
            ("merges", .array(pairs)),
        ]
        return .object(
            JSON.Object([
                ("version", .string("1.0")), ("truncation", .null),
                (
                    "added_tokens",
                    .array([token("<|startoftext|>", startIsNormalized), token("<|endoftext|>", false)])
                ),
                ("model", .object(JSON.Object(model))),
            ]))
    }

    /// A folder with vocab.json and merges.txt.
    func writtenApart() throws -> ScratchFolder {
        let folder = try ScratchFolder()
        try folder.write("vocab.json", vocabulary.bytes())
        try folder.write("merges.txt", "#version: 0.2\n" + merges.joined(separator: "\n") + "\n")
        return folder
    }
}
