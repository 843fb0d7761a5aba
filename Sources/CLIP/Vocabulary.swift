import SpanielPlatform
import SpanielFiles
import SpanielJSON

extension CLIP.Tokenizer {
    /// The content of a tokenizer's files: words and parts of words with their ids, and the parts that merge,
    /// in order.
    struct Vocabulary: Sendable {
        /// The name of the file with the ids, for messages.
        let file: String
        private(set) var ids: [UTF8Key: Int32] = [:]
        private(set) var merges: [(left: String, right: String)] = []
        private(set) var added: [Added] = []
        private let mergesFile: String

        struct Added: Sendable, Equatable {
            let text: String
            let id: Int32
            /// Whether the token is looked for in the normalised text.
            let isNormalized: Bool
        }

        /// The limit for a file; published ones have 4 MB.
        private static let byteLimit = 32 << 20
        private static let largestID: Int32 = 1 << 24

        func id(of text: String) -> Int32? {
            ids[UTF8Key(text)] ?? added.first { UTF8Key($0.text) == UTF8Key(text) }?.id
        }

        /// The merge of two parts and its result, as ids.
        func merge(_ left: String, _ right: String, rank: Int) throws(CLIPError) -> (
            BytePairs.Pair, BytePairs.Merge
        ) {
            func id(_ text: String) throws(CLIPError) -> Int32 {
                if let id = ids[UTF8Key(text)] { return id }
                throw .tokenizer(
                    file: mergesFile, expected: "merges of entries of the vocabulary into others",
                    found:
                        "merge \(rank + 1), of “\(left.prefix(40))” and “\(right.prefix(40))”, where “\(text.prefix(80))” is none"
                )
            }
            return (
                .init(left: try id(left), right: try id(right)), .init(rank: rank, id: try id(left + right))
            )
        }

        // MARK: tokenizer.json

        init(tokenizer url: URL) throws {
            file = url.path(percentEncoded: false)
            mergesFile = file
            var reader = JSONReader(try Self.bytes(url))
            do {
                var hasModel = false
                try reader.openObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "model":
                        hasModel = true
                        try readModel(&reader)
                    case "added_tokens": try readAdded(reader.value())
                    default: try reader.skip()
                    }
                }
                try reader.end()
                if !hasModel { throw refusal("a model, of type BPE", "none") }
                // A token that is in the vocabulary too takes its id from there, as in transformers.
                added = added.map {
                    Added(text: $0.text, id: ids[UTF8Key($0.text)] ?? $0.id, isNormalized: $0.isNormalized)
                }
            } catch let error as JSONError {
                throw refusal("JSON as transformers writes it", "\(error)")
            }
        }

        private mutating func readModel(_ reader: inout JSONReader) throws {
            try reader.openObject()
            while let key = try reader.nextKey() {
                switch key {
                case "type": try require(reader.value(), .string("BPE"), "model.type")
                case "end_of_word_suffix":
                    try require(reader.value(), .string("</w>"), "model.end_of_word_suffix")
                case "byte_fallback", "ignore_merges":
                    try require(reader.value(), .bool(false), "model.\(key)")
                case "continuing_subword_prefix":
                    let prefix = try reader.value()
                    if !prefix.isNull { try require(prefix, .string(""), "model.\(key)") }
                case "vocab": try readIDs(&reader)
                case "merges": try readMerges(&reader)
                default: try reader.skip()
                }
            }
        }

        private func require(_ value: JSON, _ expected: JSON, _ key: String) throws(CLIPError) {
            if value != expected {
                throw refusal("\(key) \(expected.text())", String(value.text().prefix(80)))
            }
        }

        private mutating func readIDs(_ reader: inout JSONReader) throws {
            ids.reserveCapacity(50_000)
            try reader.openObject()
            while let text = try reader.nextKey() {
                guard try reader.kind() == .number, let id = Int32(try reader.number()),
                    (0...Self.largestID).contains(id)
                else {
                    throw refusal(
                        "an id from 0 to \(Self.largestID) for “\(text.prefix(80))”", "another value")
                }
                ids[UTF8Key(text)] = id
            }
        }

        /// Each merge is "left right" or ["left", "right"].
        private mutating func readMerges(_ reader: inout JSONReader) throws {
            merges.reserveCapacity(50_000)
            try reader.openArray()
            while try reader.nextElement() {
                switch try reader.kind() {
                case .string: try appendMerge(reader.string())
                case .array:
                    var pair: [String] = []
                    try reader.openArray()
                    while try reader.nextElement() {
                        guard pair.count < 2, try reader.kind() == .string else {
                            throw refusal("merges of two strings", "another list")
                        }
                        pair.append(try reader.string())
                    }
                    guard pair.count == 2 else { throw refusal("merges of two strings", "\(pair.count)") }
                    merges.append((pair[0], pair[1]))
                default:
                    throw refusal(
                        "merges as strings or pairs of strings", "merge \(merges.count + 1) of another kind")
                }
            }
        }

        private mutating func appendMerge(_ text: String) throws {
            guard let space = text.utf8.firstIndex(of: 0x20), !text.utf8[space...].dropFirst().contains(0x20)
            else {
                throw CLIPError.tokenizer(
                    file: mergesFile,
                    expected: "two parts with a space between them for merge \(merges.count + 1)",
                    found: "“\(text.prefix(80))”")
            }
            merges.append((String(text[..<space]), String(text[text.utf8.index(after: space)...])))
        }

        private mutating func readAdded(_ value: JSON) throws(CLIPError) {
            guard let tokens = value.array else { throw refusal("a list of added_tokens", value.kind) }
            for token in tokens {
                guard let text = token.object?["content"]?.string, !text.isEmpty,
                    let number = token.object?["id"]?.int,
                    let id = Int32(exactly: number), (0...Self.largestID).contains(id)
                else { throw refusal("added_tokens with content and id", String(token.text().prefix(80))) }
                for key in ["single_word", "lstrip", "rstrip"] where token.object?[key]?.bool == true {
                    throw refusal("\(key) false for the added token “\(text.prefix(80))”", "true")
                }
                added.append(
                    Added(text: text, id: id, isNormalized: token.object?["normalized"]?.bool ?? true))
            }
        }

        // MARK: vocab.json and merges.txt

        init(vocabulary: URL, merges mergesURL: URL) throws {
            file = vocabulary.path(percentEncoded: false)
            mergesFile = mergesURL.path(percentEncoded: false)
            var reader = JSONReader(try Self.bytes(vocabulary))
            do {
                try readIDs(&reader)
                try reader.end()
            } catch let error as JSONError {
                throw refusal("a JSON object of ids", "\(error)")
            }
            for (number, line) in try Self.bytes(mergesURL).split(separator: 0x0A).enumerated() {
                let bytes = line.last == 0x0D ? line.dropLast() : line
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    throw CLIPError.tokenizer(
                        file: mergesFile, expected: "UTF-8", found: "other bytes in line \(number + 1)")
                }
                if text.hasPrefix("#version") || text.isEmpty { continue }
                try appendMerge(text)
            }
        }

        private static func bytes(_ url: URL) throws(CLIPError) -> [UInt8] {
            do { return try ReadableFile.bytes(of: url, limit: byteLimit) } catch { throw .file(error) }
        }

        private func refusal(_ expected: String, _ found: String) -> CLIPError {
            .tokenizer(file: file, expected: expected, found: found)
        }
    }
}

extension CLIP.Tokenizer.BytePairs {
    init(_ vocabulary: CLIP.Tokenizer.Vocabulary) throws(CLIPError) {
        let symbols = (0...255).map { Self.symbol(UInt8($0)) }
        inner = symbols.map { vocabulary.ids[UTF8Key($0)] }
        last = symbols.map { vocabulary.ids[UTF8Key($0 + "</w>")] }
        var merges = [Pair: Merge](minimumCapacity: vocabulary.merges.count)
        for (rank, merge) in vocabulary.merges.enumerated() {
            let (pair, result) = try vocabulary.merge(merge.left, merge.right, rank: rank)
            merges[pair] = result
        }
        self.merges = merges
    }

    /// The character that stands for a byte: itself if it is printable, else the next one from U+0100 on.
    private static func symbol(_ byte: UInt8) -> String {
        func isPrinted(_ byte: UInt8) -> Bool {
            (33...126).contains(byte) || (161...172).contains(byte) || byte >= 174
        }
        if isPrinted(byte) { return String(Unicode.Scalar(byte)) }
        let place = (0..<byte).count { !isPrinted($0) }
        return Unicode.Scalar(UInt32(256 + place)).map { String($0) } ?? ""
    }
}
