/// A model's name on the hub, `ORG/NAME` or `NAME`; the hub's own rules make it a safe part of a path.
package struct HubID: Sendable, Equatable {
    package let text: String

    /// - Returns: nil if the hub allows no such name.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), text.utf8.count <= 96, !text.contains("--"),
            !text.contains(".."), !text.hasSuffix(".git")
        else {
            return nil
        }
        for part in parts {
            guard let first = part.utf8.first, let last = part.utf8.last, part.utf8.allSatisfy(Self.isAllowed)
            else { return nil }
            for end in [first, last] where end == UInt8(ascii: "-") || end == UInt8(ascii: ".") { return nil }
        }
        self.text = text
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }

    /// The name of the model's folder in Python's cache.
    package var cacheFolder: String { "models--" + text.split(separator: "/").joined(separator: "--") }
}
