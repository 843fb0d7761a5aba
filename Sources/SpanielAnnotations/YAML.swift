import SpanielPlatform
import Yams

/// The top of a data.yaml file: keys with texts, lists of texts, or mappings of texts, read by Yams.
///
/// What else a file holds under other keys is passed over, so a reader asks for the keys it knows.
package struct YAML {
    package enum Value: Equatable {
        case text(String)
        case list([String])
        case mapping([Pair])
    }

    package struct Pair: Equatable {
        package let key: String
        package let value: String

        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    package struct Problem: Error, Equatable {
        let line: Int
        let expected: String
        let found: String
    }

    /// One megabyte holds the names of twenty thousand classes several times over.
    static let byteLimit = 1 << 20
    /// An alias stands for all that its anchor holds, and one anchor may hold others: with 32 of them that is
    /// a hundred thousand values at most, with a hundred more than any memory.
    package static let aliasLimit = 32

    private var entries: [(key: String, value: Node)] = []

    package init(parsing text: String) throws(Problem) {
        guard text.utf8.count <= Self.byteLimit else {
            throw Problem(
                line: 1, expected: "at most \(Self.byteLimit) bytes", found: "\(text.utf8.count) bytes")
        }
        let aliases = Self.aliases(in: text)
        guard aliases <= Self.aliasLimit else {
            throw Problem(
                line: 1, expected: "at most \(Self.aliasLimit) aliases (*name)", found: "\(aliases)")
        }
        let root: Node?
        do { root = try Parser(yaml: text, encoding: .utf8).singleRoot() } catch {
            throw Self.problem(error)
        }
        switch root {
        case nil: return
        case .mapping(let mapping):
            for pair in mapping {
                if let key = Self.text(pair.key) { entries.append((key, pair.value)) }
            }
        case .some(let node) where Self.text(node)?.isEmpty == true: return
        case .some(let node):
            throw Problem(
                line: node.mark?.line ?? 1, expected: "a key and a colon",
                found: Self.text(node)?.excerpt ?? "a list")
        }
    }

    /// What stands under a key; nil when there is nothing.
    package subscript(key: String) -> Value? {
        get throws(Problem) {
            guard let node = entries.first(where: { $0.key == key })?.value else { return nil }
            switch node {
            case .sequence(let sequence):
                return .list(try sequence.map { node throws(Problem) in try Self.scalar(node, under: key) })
            case .mapping(let mapping):
                return .mapping(
                    try mapping.map { pair throws(Problem) in
                        Pair(
                            key: try Self.scalar(pair.key, under: key),
                            value: try Self.scalar(pair.value, under: key))
                    })
            default:
                guard let text = Self.text(node), !text.isEmpty || !Self.isPlain(node) else { return nil }
                return .text(text)
            }
        }
    }

    private static func scalar(_ node: Node, under key: String) throws(Problem) -> String {
        guard let text = text(node) else {
            throw Problem(
                line: node.mark?.line ?? 1, expected: "one text for each entry of \(key)",
                found: "a list or a mapping")
        }
        return text
    }

    /// A scalar as it is written: a class may be called 0, yes or 1.0. A plain ~ or null is nothing.
    private static func text(_ node: Node) -> String? {
        guard case .scalar(let scalar) = node else { return nil }
        return isPlain(node) && ["~", "null", "Null", "NULL"].contains(scalar.string) ? "" : scalar.string
    }

    private static func isPlain(_ node: Node) -> Bool {
        if case .scalar(let scalar) = node { scalar.style == .plain || scalar.style == .any } else { false }
    }

    /// How often an asterisk begins a name where a value may begin; some that are no aliases count too.
    private static func aliases(in text: String) -> Int {
        var count = 0
        var previous: UInt8 = 0x0A
        var isStar = false
        for byte in text.utf8 {
            let isSpace = byte == 0x20 || (0x09...0x0D).contains(byte)
            if isStar, !isSpace { count += 1 }
            let begins =
                previous == 0x20 || (0x09...0x0D).contains(previous) || previous == UInt8(ascii: "[")
                || previous == UInt8(ascii: "{") || previous == UInt8(ascii: ",")
            isStar = byte == UInt8(ascii: "*") && begins
            previous = byte
        }
        return count
    }

    private static func problem(_ error: any Error) -> Problem {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return Problem(line: mark.line, expected: "YAML", found: problem)
        case .reader(let problem, _, _, _):
            return Problem(line: 1, expected: "YAML", found: problem)
        case .duplicatedKeysInMapping(let keys, let context):
            return Problem(
                line: context.mark.line, expected: "each key once",
                found: "\(keys.joined(separator: ", ")) a second time")
        default: return Problem(line: 1, expected: "YAML", found: "\(error)")
        }
    }
}
