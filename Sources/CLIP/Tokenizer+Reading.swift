public import SpanielPlatform
import SpanielFiles
import SpanielJSON
import Tensor

extension CLIP.Tokenizer {
    /// Reads a model folder's tokenizer.json, or its vocab.json and merges.txt.
    ///
    /// The names of the special tokens come from tokenizer_config.json or special_tokens_map.json, if either
    /// is there.
    ///
    /// - Throws: `CLIPError` or `WeightsError`, which names the file, what was expected and what was found.
    public init(contentsOf folder: URL) throws {
        func isThere(_ name: String) -> Bool { FileKind(of: folder.appending(path: name)) != .missing }
        let vocabulary: Vocabulary
        if isThere("tokenizer.json") {
            vocabulary = try Vocabulary(tokenizer: folder.appending(path: "tokenizer.json"))
        } else if isThere("vocab.json"), isThere("merges.txt") {
            vocabulary = try Vocabulary(
                vocabulary: folder.appending(path: "vocab.json"), merges: folder.appending(path: "merges.txt")
            )
        } else {
            let found = ["vocab.json", "merges.txt"].filter(isThere)
            throw CLIPError.tokenizerMissing(
                folder: folder.path(percentEncoded: false),
                found: found.first.map { "\($0) alone" } ?? "neither")
        }
        try self.init(vocabulary, names: SpecialNames(contentsOf: folder))
    }

    init(_ vocabulary: Vocabulary, names: SpecialNames) throws {
        func id(_ name: SpecialNames.Name) throws(CLIPError) -> Int32 {
            if let id = vocabulary.id(of: name.text) { return id }
            throw .tokenizer(
                file: vocabulary.file,
                expected: "an entry for the special token “\(name.text)” (tokenizer_config.json names it)",
                found: "none")
        }
        startID = try id(names.start)
        endID = try id(names.end)
        unknownID = try id(names.unknown)
        paddingID = try id(names.padding)
        pairs = try BytePairs(vocabulary)

        var added = vocabulary.added
        for name in names.all where !added.contains(where: { UTF8Key($0.text) == UTF8Key(name.text) }) {
            added.append(.init(text: name.text, id: try id(name), isNormalized: name.isNormalized))
        }
        verbatim = added.filter { !$0.isNormalized }.map {
            AddedToken(scalars: Array($0.text.unicodeScalars), id: $0.id)
        }
        normalized = added.filter(\.isNormalized).map { token in
            AddedToken(scalars: Text.normalized(Array(token.text.unicodeScalars)[...]), id: token.id)
        }
        vocabularySize = Int(max(vocabulary.ids.values.max() ?? 0, added.map(\.id).max() ?? 0)) + 1
    }
}

extension CLIP.Tokenizer {
    /// The names of a model's special tokens.
    struct SpecialNames: Sendable {
        struct Name: Sendable {
            var text: String
            /// Whether the token is looked for in the normalised text.
            var isNormalized = false
        }

        var start = Name(text: "<|startoftext|>")
        var end = Name(text: "<|endoftext|>")
        var unknown = Name(text: "<|endoftext|>")
        var padding = Name(text: "<|endoftext|>")

        /// All names, each text once; if two names are one token, the later decides how it is looked for.
        var all: [Name] {
            var names: [Name] = []
            for name in [start, end, unknown, padding] {
                names.removeAll { UTF8Key($0.text) == UTF8Key(name.text) }
                names.append(name)
            }
            return names
        }

        init() {}

        init(contentsOf folder: URL) throws(WeightsError) {
            for file in ["tokenizer_config.json", "special_tokens_map.json"]
            where FileKind(of: folder.appending(path: file)) != .missing {
                let reader = try ConfigurationReader(contentsOf: folder.appending(path: file))
                try Self.read(reader, "bos_token", into: &start)
                try Self.read(reader, "eos_token", into: &end)
                try Self.read(reader, "unk_token", into: &unknown)
                try Self.read(reader, "pad_token", into: &padding)
            }
        }

        private static func read(_ reader: ConfigurationReader, _ key: String, into name: inout Name)
            throws(WeightsError)
        {
            guard let value = reader.value(key) else { return }
            if let text = value.string, !text.isEmpty {
                name = Name(text: text)
            } else if let text = value.object?["content"]?.string, !text.isEmpty {
                name = Name(text: text, isNormalized: value.object?["normalized"]?.bool ?? false)
            } else {
                throw reader.unsupported(key, value, "a string, or an object with its content")
            }
        }
    }
}
