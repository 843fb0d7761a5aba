/// The part of YAML that data.yaml files are written in: keys with texts, lists and mappings one level deep,
/// in lines or in brackets.
///
/// What else a file holds under other keys is passed over unread, so a reader asks for the keys it knows.
struct YAML {
    enum Value: Equatable {
        case text(String)
        case list([String])
        case mapping([Pair])
    }

    struct Pair: Equatable {
        let key: String
        let value: String
    }

    struct Problem: Error, Equatable {
        let line: Int
        let expected: String
        let found: String
    }

    private struct Line {
        let number: Int
        let indentation: Int
        let text: Substring
    }

    /// The lines under each key of the top, the rest of the key's own line first.
    private var entries: [(key: String, lines: [Line])] = []

    init(parsing text: String) throws(Problem) {
        var keys = Set<String>()
        // To Swift a carriage return and its line feed are one character.
        for (index, raw) in text.split(
            omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" }
        ).enumerated() {
            let content = raw.drop { $0 == " " }
            if content.isEmpty || content.first == "#" || content == "---" || content == "..."
                || content.first == "%"
            {
                continue
            }
            if content.first == "\t" {
                throw Problem(line: index + 1, expected: "spaces before the text", found: "a tab")
            }
            let line = Line(number: index + 1, indentation: raw.count - content.count, text: content)
            let isItem = content == "-" || content.hasPrefix("- ")
            let continues = line.indentation > 0 || isItem || content.first == "]" || content.first == "}"
            if continues, !entries.isEmpty {
                entries[entries.count - 1].lines.append(line)
                continue
            }
            var cursor = Cursor(content, line: line.number)
            let key = try cursor.scalar(until: ":")
            guard cursor.take(":") else {
                throw Problem(line: line.number, expected: "a key and a colon", found: content.excerpt)
            }
            guard keys.insert(key).inserted else {
                throw Problem(line: line.number, expected: "each key once", found: "\(key) a second time")
            }
            entries.append((key, [Line(number: line.number, indentation: 0, text: cursor.rest)]))
        }
    }

    /// What stands under a key; nil when there is nothing.
    subscript(key: String) -> Value? {
        get throws(Problem) {
            guard let lines = entries.first(where: { $0.key == key })?.lines else { return nil }
            var first = Cursor(lines[0].text, line: lines[0].number)
            first.skipSpace()
            if first.isAtEnd {
                let inner = lines.dropFirst()
                guard let indentation = inner.first?.indentation else { return nil }
                if let uneven = inner.first(where: { $0.indentation != indentation }) {
                    throw Problem(
                        line: uneven.number, expected: "\(indentation) spaces before the text",
                        found: "\(uneven.indentation)")
                }
                return try Self.block(Array(inner))
            }
            guard first.next == "[" || first.next == "{" else {
                if lines.count > 1 {
                    throw Problem(
                        line: lines[1].number, expected: "one line of text for \(key)",
                        found: lines[1].text.excerpt)
                }
                let text = try first.scalar(until: nil)
                return .text(text)
            }
            // Brackets may go on over lines.
            let joined = lines.map { Self.withoutComment($0.text) }.joined(separator: " ")
            var cursor = Cursor(joined[...], line: lines[0].number)
            return try cursor.brackets()
        }
    }

    private static func block(_ lines: [Line]) throws(Problem) -> Value {
        var items: [String] = []
        var pairs: [Pair] = []
        for line in lines {
            var cursor = Cursor(line.text, line: line.number)
            if line.text == "-" || line.text.hasPrefix("- ") {
                _ = cursor.take("-")
                items.append(try cursor.scalar(until: nil))
            } else {
                let key = try cursor.scalar(until: ":")
                guard cursor.take(":") else {
                    throw Problem(line: line.number, expected: "a key and a colon", found: line.text.excerpt)
                }
                pairs.append(Pair(key: key, value: try cursor.scalar(until: nil)))
            }
            guard items.isEmpty || pairs.isEmpty else {
                throw Problem(line: line.number, expected: "a list or a mapping", found: "both")
            }
        }
        return pairs.isEmpty ? .list(items) : .mapping(pairs)
    }

    private static func withoutComment(_ text: Substring) -> Substring {
        var quote: Character?
        var previous: Character = " "
        for index in text.indices {
            let character = text[index]
            if let open = quote {
                if character == open, !(open == "\"" && previous == "\\") { quote = nil }
            } else if (character == "\"" || character == "'"),
                previous == " " || previous == "[" || previous == "," || previous == "{"
            {
                quote = character
            } else if character == "#", previous == " " {
                return text[..<index]
            }
            previous = character
        }
        return text
    }

    /// Reads along one line.
    private struct Cursor {
        private(set) var rest: Substring
        let line: Int

        init(_ text: Substring, line: Int) {
            rest = text
            self.line = line
        }

        var next: Character? { rest.first }

        mutating func skipSpace() { rest = rest.drop { $0 == " " || $0 == "\t" } }

        mutating func take(_ character: Character) -> Bool {
            skipSpace()
            guard rest.first == character else { return false }
            rest = rest.dropFirst()
            return true
        }

        /// Whether only white space and a comment are left.
        var isAtEnd: Bool {
            let left = rest.drop { $0 == " " || $0 == "\t" }
            return left.isEmpty || left.first == "#"
        }

        private func problem(_ expected: String) -> Problem {
            Problem(
                line: line, expected: expected, found: rest.isEmpty ? "the end of the line" : rest.excerpt)
        }

        /// A text in quotes or plain.
        ///
        /// - Parameter end: the character that ends a plain text (a colon with a space behind it); nil: the
        ///   line's end.
        mutating func scalar(until end: Character?, inBrackets: Bool = false) throws(Problem) -> String {
            skipSpace()
            let text: String
            if next == "\"" || next == "'" {
                text = try quoted()
            } else {
                if let first = next, "&*!|>%@`".contains(first) {
                    throw problem("plain text; anchors, tags and block texts are not read")
                }
                var length = 0
                var previous: Character = " "
                for (offset, character) in rest.enumerated() {
                    if character == "#", previous == " " { break }
                    if inBrackets, ",]}".contains(character) { break }
                    if end == ":" && character == ":" {
                        let after = rest.dropFirst(offset + 1).first
                        if after == nil || after == " " || after == "\t" || inBrackets { break }
                    }
                    length = offset + 1
                    previous = character
                }
                text = rest.prefix(length).trimmed
                rest = rest.dropFirst(length)
            }
            if end == nil, !inBrackets, !isAtEnd { throw problem("the end of the line") }
            return text
        }

        private mutating func quoted() throws(Problem) -> String {
            let quote = rest.removeFirst()
            var text = ""
            while let character = rest.popFirst() {
                if character == quote {
                    guard quote == "'", rest.first == "'" else { return text }
                    rest = rest.dropFirst()
                    text.append("'")
                } else if character == "\\", quote == "\"" {
                    text.unicodeScalars.append(try escape())
                } else {
                    text.append(character)
                }
            }
            throw problem("the quote that ends the text")
        }

        private mutating func escape() throws(Problem) -> Unicode.Scalar {
            switch rest.popFirst() {
            case "n": return "\n"
            case "t": return "\t"
            case "r": return "\r"
            case "\"": return "\""
            case "\\": return "\\"
            case "/": return "/"
            case "b": return "\u{8}"
            case "f": return "\u{C}"
            case "0": return "\0"
            case "x": return try code(2)
            case "u": return try code(4)
            case "U": return try code(8)
            default: throw problem("an escape that YAML has")
            }
        }

        private mutating func code(_ digits: Int) throws(Problem) -> Unicode.Scalar {
            let text = rest.prefix(digits)
            guard text.count == digits, let value = UInt32(text, radix: 16),
                let scalar = Unicode.Scalar(value)
            else {
                throw problem("\(digits) hexadecimal digits of a character")
            }
            rest = rest.dropFirst(digits)
            return scalar
        }

        /// `[a, b]` or `{0: a, 1: b}`.
        mutating func brackets() throws(Problem) -> Value {
            let isList = take("[")
            if !isList { _ = take("{") }
            let close: Character = isList ? "]" : "}"
            var items: [String] = []
            var pairs: [Pair] = []
            while !take(close) {
                if isList {
                    items.append(try scalar(until: ",", inBrackets: true))
                } else {
                    let key = try scalar(until: ":", inBrackets: true)
                    guard take(":") else { throw problem("a colon") }
                    pairs.append(Pair(key: key, value: try scalar(until: ",", inBrackets: true)))
                }
                if take(",") { continue }
                skipSpace()
                guard next == close else { throw problem("',' or '\(close)'") }
            }
            if !isAtEnd { throw problem("the end of the line") }
            return isList ? .list(items) : .mapping(pairs)
        }
    }
}
