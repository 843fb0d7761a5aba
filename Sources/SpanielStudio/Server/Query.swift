/// The part of an address behind the question mark.
struct Query: Sendable {
    private var values: [String: String] = [:]

    init(_ text: some StringProtocol) {
        for part in text.split(separator: "&").prefix(32) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(pair[0]), let value = Self.decoded(pair.count > 1 ? pair[1] : "")
            else { continue }
            values[name] = values[name] ?? value
        }
    }

    subscript(name: String) -> String? { values[name] }

    /// Percent-encoded UTF-8, a plus being a space; nil for anything else.
    static func decoded(_ text: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(Self.digit),
                    let low = rest.popFirst().flatMap(Self.digit)
                else { return nil }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }

    func int(_ name: String, _ range: ClosedRange<Int>, default usual: Int) throws(StudioError) -> Int {
        guard let text = values[name] else { return usual }
        guard let number = Int(text), range.contains(number) else {
            throw .value(
                name: name, expected: "\(range.lowerBound) to \(range.upperBound)",
                found: String(text.prefix(40)))
        }
        return number
    }

    func double(_ name: String) throws(StudioError) -> Double? {
        guard let text = values[name] else { return nil }
        guard let number = Double(text), number.isFinite else {
            throw .value(name: name, expected: "a number", found: String(text.prefix(40)))
        }
        return number
    }

    func choice(_ name: String, _ choices: [String]) throws(StudioError) -> String {
        guard let text = values[name] else { return choices[0] }
        guard choices.contains(text) else {
            throw .value(
                name: name, expected: choices.joined(separator: ", "), found: String(text.prefix(40)))
        }
        return text
    }
}
