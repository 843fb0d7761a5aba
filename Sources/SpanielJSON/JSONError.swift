/// Says why a text is not JSON, and at which byte.
package enum JSONError: Error, Equatable, CustomStringConvertible {
    /// The grammar needs `expected`, and another byte is there; nil is the end of the text.
    case unexpected(found: UInt8?, expected: String, offset: Int)
    case invalidUTF8(offset: Int)
    /// A `\u` escape that is half of a surrogate pair.
    case loneSurrogate(offset: Int)
    case duplicateKey(String, offset: Int)
    /// A number beyond the largest double.
    case numberTooLarge(offset: Int)
    case tooDeep(limit: Int, offset: Int)

    package var offset: Int {
        switch self {
        case .unexpected(_, _, let offset), .invalidUTF8(let offset), .loneSurrogate(let offset),
            .duplicateKey(_, let offset),
            .numberTooLarge(let offset), .tooDeep(_, let offset):
            offset
        }
    }

    package var description: String { "byte \(offset): \(reason)" }

    private var reason: String {
        switch self {
        case .unexpected(nil, let expected, _): "expected \(expected), found the end"
        case .unexpected(let found?, let expected, _): "expected \(expected), found \(Self.name(found))"
        case .invalidUTF8: "the text is not UTF-8"
        case .loneSurrogate: "a \\u escape holds half of a surrogate pair"
        case .duplicateKey(let key, _): "the key \(JSON.string(key).text()) stands twice in one object"
        case .numberTooLarge: "the number is too large"
        case .tooDeep(let limit, _): "more than \(limit) arrays and objects inside each other"
        }
    }

    private static func name(_ byte: UInt8) -> String {
        if (0x21...0x7E).contains(byte) { return "'\(Character(UnicodeScalar(byte)))'" }
        let digits = String(byte, radix: 16, uppercase: true)
        return "byte 0x" + (byte < 16 ? "0" : "") + digits
    }
}
