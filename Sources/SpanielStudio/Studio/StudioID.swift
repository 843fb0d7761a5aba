import SpanielPlatform

/// How rows are named towards the page: a letter and a number, never a path.
enum StudioID {
    static func picture(_ id: Int64) -> String { "p\(id)" }
    static func classID(_ id: Int64) -> String { "c\(id)" }
    static func prompt(_ id: Int64) -> String { "q\(id)" }
    static func annotation(_ id: Int64) -> String { "a\(id)" }
    static func step(_ id: Int64) -> String { "s\(id)" }
    /// A detection that is not kept: it is there as long as the prompts of its class are.
    static func detection(picture: Int64, classID: Int64, patch: Int) -> String {
        "d\(picture)-\(classID)-\(patch)"
    }
    /// A suggestion that is kept.
    static func kept(_ id: Int64) -> String { "f\(id)" }

    /// The number of an id with a letter; nil for anything else.
    static func number(_ text: some StringProtocol, _ letter: Character) -> Int64? {
        guard text.first == letter else { return nil }
        return digits(text.dropFirst())
    }

    private static func digits(_ text: some StringProtocol) -> Int64? {
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else {
            return nil
        }
        return Int64(text)
    }

    enum Suggestion: Hashable, Sendable {
        case detection(picture: Int64, classID: Int64, patch: Int)
        case kept(Int64)

        init?(_ text: String) {
            if let id = number(text, "f") {
                self = .kept(id)
                return
            }
            guard text.first == "d" else { return nil }
            let parts = text.dropFirst().split(separator: "-", omittingEmptySubsequences: false).map(digits)
            guard parts.count == 3, let picture = parts[0], let classID = parts[1],
                let patch = parts[2].flatMap({ Int(exactly: $0) })
            else { return nil }
            self = .detection(picture: picture, classID: classID, patch: patch)
        }
    }
}
