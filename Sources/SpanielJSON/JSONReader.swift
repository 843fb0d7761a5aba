/// Reads JSON piece by piece, so that a caller who knows what must come builds no tree and stops at the first
/// fault.
///
///     try reader.openObject()
///     while let key = try reader.nextKey() { try reader.skip() }
///     try reader.end()
package struct JSONReader {
    let bytes: [UInt8]
    private let depthLimit: Int
    package internal(set) var offset = 0
    /// The offset in bytes at which the last key of `nextKey` begins.
    private(set) package var keyOffset = 0
    private var depth = 0
    /// Whether a comma must come before the next field or element.
    var afterValue = false

    package enum Kind { case null, bool, number, string, array, object }

    package init(_ bytes: [UInt8], depthLimit: Int = 128) {
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    /// The kind of the next value, by its first byte.
    package mutating func kind() throws(JSONError) -> Kind {
        skipSpace()
        switch next {
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"): return .number
        case let digit? where Self.isDigit(digit): return .number
        default: throw unexpected("a value")
        }
    }

    /// Reads the next value as a tree.
    package mutating func value() throws(JSONError) -> JSON {
        switch try kind() {
        case .string: return .string(try string())
        case .number: return .number(try number())
        case .bool: return .bool(try bool())
        case .null:
            try null()
            return .null
        case .array:
            var elements: [JSON] = []
            try openArray()
            while try nextElement() { elements.append(try value()) }
            return .array(elements)
        case .object:
            var fields = JSON.Object()
            try openObject()
            while let key = try nextKey() {
                let keyOffset = keyOffset
                let value = try value()
                guard fields.append(key, value) else { throw .duplicateKey(key, offset: keyOffset) }
            }
            return .object(fields)
        }
    }

    /// Passes over the next value; its grammar, strings and depth are checked, its keys are not compared.
    package mutating func skip() throws(JSONError) {
        switch try kind() {
        case .string: _ = try string()
        case .number: _ = try double()
        case .bool: _ = try bool()
        case .null: try null()
        case .array:
            try openArray()
            while try nextElement() { try skip() }
        case .object:
            try openObject()
            while try nextKey() != nil { try skip() }
        }
    }

    /// Checks that only white space is left.
    package mutating func end() throws(JSONError) {
        skipSpace()
        if next != nil { throw unexpected("the end") }
    }

    // MARK: Objects and arrays

    package mutating func openObject() throws(JSONError) { try open(UInt8(ascii: "{"), "'{'") }

    package mutating func openArray() throws(JSONError) { try open(UInt8(ascii: "["), "'['") }

    /// Reads the next key of the open object and its colon; nil closes the object.
    package mutating func nextKey() throws(JSONError) -> String? {
        guard try !closes(with: UInt8(ascii: "}"), "',' or '}'") else { return nil }
        skipSpace()
        keyOffset = offset
        let key = try string()
        skipSpace()
        guard next == UInt8(ascii: ":") else { throw unexpected("':'") }
        offset += 1
        return key
    }

    /// Whether the open array has another element; false closes the array.
    package mutating func nextElement() throws(JSONError) -> Bool {
        try !closes(with: UInt8(ascii: "]"), "',' or ']'")
    }

    private mutating func open(_ bracket: UInt8, _ name: String) throws(JSONError) {
        skipSpace()
        guard next == bracket else { throw unexpected(name) }
        guard depth < depthLimit else { throw .tooDeep(limit: depthLimit, offset: offset) }
        depth += 1
        offset += 1
        afterValue = false
    }

    private mutating func closes(with bracket: UInt8, _ expected: String) throws(JSONError) -> Bool {
        skipSpace()
        if next == bracket {
            offset += 1
            depth -= 1
            afterValue = true
            return true
        }
        if afterValue {
            guard next == UInt8(ascii: ",") else { throw unexpected(expected) }
            offset += 1
            afterValue = false
        }
        return false
    }

    // MARK: Scalars

    package mutating func null() throws(JSONError) { try word("null") }

    package mutating func bool() throws(JSONError) -> Bool {
        skipSpace()
        let isTrue = next == UInt8(ascii: "t")
        try word(isTrue ? "true" : "false")
        return isTrue
    }

    /// Reads the text of the next number, which must not exceed the largest double:
    ///
    ///     -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
    package mutating func number() throws(JSONError) -> String {
        skipSpace()
        let start = offset
        if next == UInt8(ascii: "-") { offset += 1 }
        if next == UInt8(ascii: "0") {
            offset += 1
        } else {
            try digits()
        }
        if next == UInt8(ascii: ".") {
            offset += 1
            try digits()
        }
        let hasExponent = next == UInt8(ascii: "e") || next == UInt8(ascii: "E")
        if hasExponent {
            offset += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { offset += 1 }
            try digits()
        }
        afterValue = true
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if hasExponent || offset - start > 308, Double(text)?.isFinite != true {
            throw .numberTooLarge(offset: start)
        }
        return text
    }

    package mutating func string() throws(JSONError) -> String {
        skipSpace()
        guard next == UInt8(ascii: "\"") else { throw unexpected("a string") }
        offset += 1
        let start = offset
        var seen: UInt8 = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\"") {
                let text = try text(bytes[start..<offset], isASCII: seen < 0x80)
                offset += 1
                afterValue = true
                return text
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            if byte < 0x20 { throw unexpected("a string without control characters") }
            seen |= byte
            offset += 1
        }
        throw unexpected("'\"'")
    }

    /// Reads the rest of a string that holds an escape; `offset` is at the first backslash.
    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var unescaped = Array(bytes[start..<offset])
        while offset < bytes.count {
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\""):
                let text = try text(unescaped[...], isASCII: false)
                offset += 1
                afterValue = true
                return text
            case UInt8(ascii: "\\"):
                offset += 1
                try unescape(into: &unescaped)
            case 0..<0x20: throw unexpected("a string without control characters")
            default:
                unescaped.append(byte)
                offset += 1
            }
        }
        throw unexpected("'\"'")
    }

    /// Reads one escape; `offset` is after the backslash.
    private mutating func unescape(into unescaped: inout [UInt8]) throws(JSONError) {
        guard let letter = next else { throw unexpected("an escape") }
        let plain: UInt8
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain = letter
        case UInt8(ascii: "b"): plain = 0x08
        case UInt8(ascii: "f"): plain = 0x0C
        case UInt8(ascii: "n"): plain = 0x0A
        case UInt8(ascii: "r"): plain = 0x0D
        case UInt8(ascii: "t"): plain = 0x09
        case UInt8(ascii: "u"):
            let escapeOffset = offset - 1
            offset += 1
            let scalar = try codePoint(escapeOffset)
            unescaped.append(contentsOf: Array(String(scalar).utf8))
            return
        default: throw unexpected("one of \"\\/bfnrtu after a backslash")
        }
        unescaped.append(plain)
        offset += 1
    }

    private mutating func codePoint(_ escapeOffset: Int) throws(JSONError) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, next == UInt8(ascii: "\\"), offset + 1 < bytes.count,
            bytes[offset + 1] == UInt8(ascii: "u")
        else {
            throw .loneSurrogate(offset: escapeOffset)
        }
        offset += 2
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else {
            throw .loneSurrogate(offset: escapeOffset)
        }
        return scalar
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80
            else {
                throw unexpected("four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            offset += 1
        }
        return value
    }

    private mutating func digits() throws(JSONError) {
        let start = offset
        while let byte = next, Self.isDigit(byte) { offset += 1 }
        if offset == start { throw unexpected("a digit") }
    }

    private mutating func word(_ word: StaticString) throws(JSONError) {
        skipSpace()
        for character in word.description.utf8 {
            guard next == character else { throw unexpected(word.description) }
            offset += 1
        }
        afterValue = true
    }

    private func text(_ slice: ArraySlice<UInt8>, isASCII: Bool) throws(JSONError) -> String {
        if isASCII { return String(decoding: slice, as: UTF8.self) }
        guard let text = String(validating: slice, as: UTF8.self) else { throw .invalidUTF8(offset: offset) }
        return text
    }

    // MARK: Bytes

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    mutating func skipSpace() {
        while offset < bytes.count {
            let byte = bytes[offset]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            offset += 1
        }
    }

    private func unexpected(_ expected: String) -> JSONError {
        .unexpected(found: next, expected: expected, offset: offset)
    }
}
