/// Why a text is not XML that is read here, and on which line.
package struct XMLError: Error, Equatable {
    let line: Int
    let problem: String
}

/// Reads XML strictly and without its dangers: no document type, so no entities but the five and numbered
/// characters; nothing is ever fetched, nothing expands, and nesting is limited.
package struct XMLReader {
    private let bytes: [UInt8]
    private var offset = 0
    private var line = 1
    private static let depthLimit = 64

    package static func parse(_ bytes: [UInt8]) throws(XMLError) -> XMLElement {
        var reader = XMLReader(bytes: bytes)
        return try reader.document()
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func document() throws(XMLError) -> XMLElement {
        if starts([0xFE, 0xFF]) || starts([0xFF, 0xFE]) {
            throw fail("the text is UTF-16; save it as UTF-8")
        }
        if starts([0xEF, 0xBB, 0xBF]) { offset += 3 }
        if String(validating: bytes, as: UTF8.self) == nil {
            throw fail("the text is of another code page (such as GBK or Windows-1252); save it as UTF-8")
        }
        if starts("<?xml") { try declaration() }
        try miscellany()
        guard next == UInt8(ascii: "<") else { throw fail("expected an element, found \(found)") }
        let root = try element(depth: 1)
        try miscellany()
        guard offset == bytes.count else { throw fail("expected the end, found \(found)") }
        return root
    }

    private mutating func declaration() throws(XMLError) {
        // Names and values take turns between the quotes.
        let parts = try upTo("?>", "the XML declaration").split(omittingEmptySubsequences: false) {
            $0 == "\"" || $0 == "'"
        }
        for (name, value) in zip(parts, parts.dropFirst()) where name.trimmed.hasPrefix("encoding") {
            guard ["utf-8", "us-ascii", "ascii"].contains(value.lowercased()) else {
                throw fail("the encoding \(value) is not read; save it as UTF-8")
            }
        }
    }

    /// Comments, processing instructions and white space between elements.
    private mutating func miscellany() throws(XMLError) {
        while true {
            skipSpace()
            if starts("<!--") {
                try comment()
            } else if starts("<?") {
                _ = try upTo("?>", "a processing instruction")
            } else if starts("<!DOCTYPE") {
                throw fail(
                    "a document type is not read: it can name other files and grow without end; remove the <!DOCTYPE …>"
                )
            } else {
                return
            }
        }
    }

    private mutating func comment() throws(XMLError) {
        advance(4)
        _ = try upTo("-->", "a comment")
    }

    private mutating func element(depth: Int) throws(XMLError) -> XMLElement {
        guard depth <= Self.depthLimit else {
            throw fail("more than \(Self.depthLimit) elements inside each other")
        }
        var element = try opening()
        if element.isClosed { return element.element }
        var text: [UInt8] = []
        while true {
            guard let byte = next else {
                throw fail("<\(element.element.name)> of line \(element.element.line) is never closed")
            }
            if byte != UInt8(ascii: "<") {
                try character(into: &text)
            } else if starts("</") {
                advance(2)
                let name = try name()
                guard name == element.element.name else {
                    throw fail("expected </\(element.element.name)>, found </\(name)>")
                }
                skipSpace()
                guard next == UInt8(ascii: ">") else { throw fail("expected '>', found \(found)") }
                advance(1)
                element.element.text = String(decoding: text, as: UTF8.self)
                return element.element
            } else if starts("<!--") {
                try comment()
            } else if starts("<![CDATA[") {
                advance(9)
                let start = offset
                _ = try upTo("]]>", "a CDATA section")
                text += bytes[start..<offset - 3]
            } else if starts("<?") {
                _ = try upTo("?>", "a processing instruction")
            } else {
                element.element.children.append(try self.element(depth: depth + 1))
            }
        }
    }

    private mutating func opening() throws(XMLError) -> (element: XMLElement, isClosed: Bool) {
        let line = line
        advance(1)
        var element = XMLElement(name: try name())
        element.line = line
        var names = Set<String>()
        while true {
            let hadSpace = skipSpace()
            if next == UInt8(ascii: ">") {
                advance(1)
                return (element, false)
            }
            if starts("/>") {
                advance(2)
                return (element, true)
            }
            guard hadSpace else { throw fail("expected '>', found \(found)") }
            let name = try name()
            skipSpace()
            guard next == UInt8(ascii: "=") else {
                throw fail("expected '=' after the attribute \(name), found \(found)")
            }
            advance(1)
            skipSpace()
            let value = try attributeValue()
            guard names.insert(name).inserted else { throw fail("the attribute \(name) stands twice") }
            element.attributes.append((name, value))
        }
    }

    private mutating func attributeValue() throws(XMLError) -> String {
        guard let quote = next, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            throw fail("expected a value in quotes, found \(found)")
        }
        advance(1)
        var value: [UInt8] = []
        while let byte = next {
            if byte == quote {
                advance(1)
                return String(decoding: value, as: UTF8.self)
            }
            if byte == UInt8(ascii: "<") { break }
            // A line break in a value counts as a space; &#10; is one that stays.
            if byte == 0x0A || byte == 0x0D || byte == 0x09 {
                value.append(0x20)
                advance(1)
            } else {
                try character(into: &value)
            }
        }
        throw fail("expected the quote that ends the value, found \(found)")
    }

    /// One byte of text, or what a reference stands for.
    private mutating func character(into text: inout [UInt8]) throws(XMLError) {
        let byte = bytes[offset]
        if byte == UInt8(ascii: "&") { return try reference(into: &text) }
        guard byte >= 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D else {
            throw fail("a control character, which XML has none of")
        }
        advance(1)
        // A carriage return ends a line like a line feed, and before one it is part of it.
        if byte != 0x0D { text.append(byte) } else if next != 0x0A { text.append(0x0A) }
    }

    private mutating func reference(into text: inout [UInt8]) throws(XMLError) {
        guard let end = bytes[offset...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else {
            throw fail("a '&' without ';': write &amp; for the character itself")
        }
        let name = String(decoding: bytes[offset + 1..<end], as: UTF8.self)
        switch name {
        case "amp": text.append(UInt8(ascii: "&"))
        case "lt": text.append(UInt8(ascii: "<"))
        case "gt": text.append(UInt8(ascii: ">"))
        case "quot": text.append(UInt8(ascii: "\""))
        case "apos": text.append(UInt8(ascii: "'"))
        default:
            let digits = name.hasPrefix("#x") ? name.dropFirst(2) : name.dropFirst()
            guard name.hasPrefix("#"), let code = UInt32(digits, radix: name.hasPrefix("#x") ? 16 : 10),
                let scalar = Unicode.Scalar(code), code >= 0x20 || code == 9 || code == 10 || code == 13
            else {
                throw fail(
                    "&\(name); stands for nothing that is read: there are &amp; &lt; &gt; &quot; &apos; and numbers"
                )
            }
            text += Array(String(scalar).utf8)
        }
        advance(end + 1 - offset)
    }

    private mutating func name() throws(XMLError) -> String {
        let start = offset
        while let byte = next {
            let isLetter =
                byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
                || byte == UInt8(ascii: "_") || byte >= 0x80
            let isInner =
                byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: ":") || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: ".")
            guard isLetter || isInner && offset > start else { break }
            offset += 1
        }
        guard offset > start else { throw fail("expected a name, found \(found)") }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    // MARK: Bytes

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private var found: String {
        guard let byte = next else { return "the end" }
        return byte > 0x20 && byte < 0x7F ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
    }

    private func fail(_ problem: String) -> XMLError { XMLError(line: line, problem: problem) }

    private func starts(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { text in starts(text) }
    }

    private func starts(_ text: some Collection<UInt8>) -> Bool {
        bytes.count - offset >= text.count && bytes[offset..<offset + text.count].elementsEqual(text)
    }

    private mutating func advance(_ count: Int) {
        for _ in 0..<count {
            if bytes[offset] == 0x0A { line += 1 }
            offset += 1
        }
    }

    @discardableResult
    private mutating func skipSpace() -> Bool {
        let start = offset
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { advance(1) }
        return offset > start
    }

    /// Everything before an end mark; the mark is passed.
    private mutating func upTo(_ mark: StaticString, _ what: String) throws(XMLError) -> String {
        let start = offset
        while offset < bytes.count {
            if starts(mark) {
                let text = String(decoding: bytes[start..<offset], as: UTF8.self)
                advance(mark.utf8CodeUnitCount)
                return text
            }
            advance(1)
        }
        throw fail("\(what) has no end")
    }
}
