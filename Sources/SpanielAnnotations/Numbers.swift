import SpanielJSON

/// The one reader of numbers: as numbers, as text ("30.0000"), and truth values for 0 and 1.
enum Numbers {
    /// A finite number.
    static func double(_ text: some StringProtocol) -> Double? {
        guard let value = Double(text), value.isFinite else { return nil }
        return value
    }

    /// A whole number, also written with decimals: "12", "12.0".
    static func int(_ text: some StringProtocol) -> Int? {
        if let int = Int(text) { return int }
        return double(text).flatMap(Int.init(exactly:))
    }
}

extension JSON {
    /// The number a value means: a number, a text that is one, true for 1 and false for 0.
    var number: Double? {
        switch self {
        case .number(let text): Numbers.double(text)
        case .string(let text): Numbers.double(text.trimmed)
        case .bool(let flag): flag ? 1 : 0
        default: nil
        }
    }

    /// The whole number a value means, 3.0 and "3" too.
    var whole: Int? {
        switch self {
        case .number(let text): Numbers.int(text)
        case .string(let text): Numbers.int(text.trimmed)
        case .bool(let flag): flag ? 1 : 0
        default: nil
        }
    }

    /// The truth value a value means: true, 1, "true".
    var flag: Bool? {
        if let bool { return bool }
        switch string?.trimmed.lowercased() {
        case "true", "yes": return true
        case "false", "no", "": return false
        default: return whole.map { $0 != 0 }
        }
    }
}
