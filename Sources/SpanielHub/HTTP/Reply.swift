/// The head of an HTTP reply.
package struct Reply: Sendable, Equatable {
    package private(set) var status = 0
    private var fields: [String: String] = [:]
    /// More lines than this are not looked at.
    private static let lineLimit = 200
    private var lines = 0

    package init() {}

    /// Takes the next line; a status line begins a new head (after `100 Continue`).
    package mutating func read(_ line: String) {
        let line = line.trimmed
        if line.hasPrefix("HTTP/") {
            self = Reply()
            status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            return
        }
        lines += 1
        guard lines <= Self.lineLimit, let colon = line.firstIndex(of: ":") else { return }
        fields[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmed
    }

    /// A field's value; an empty one counts as absent.
    package subscript(_ name: String) -> String? { fields[name].flatMap { $0.isEmpty ? nil : $0 } }

    package var isRedirect: Bool { [301, 302, 303, 307, 308].contains(status) && self["location"] != nil }

    /// Whether waiting may help.
    package var isBusy: Bool { [408, 429, 500, 502, 503, 504].contains(status) }

    /// The seconds for which the other side asks to be left alone: `Retry-After`, or what `RateLimit` says
    /// is left of its window (`"api";r=0;t=55`).
    package var wait: Double? {
        if let text = self["retry-after"] {
            return Double(text).flatMap { $0 >= 0 && $0.isFinite ? $0 : nil }
        }
        guard status == 429, let limit = self["ratelimit"] else { return nil }
        for part in limit.split(separator: ";") {
            let part = part.trimmed
            if part.hasPrefix("t=") { return Double(part.dropFirst(2)).flatMap { $0 >= 0 ? $0 : nil } }
        }
        return nil
    }

    package var length: Int? { self["content-length"].flatMap(Self.count) }

    /// The digest the hub names a file by: quotes and the weak mark stripped.
    package var etag: String? {
        guard var text = (self["x-linked-etag"] ?? self["etag"])?[...] else { return nil }
        if text.hasPrefix("W/") { text = text.dropFirst(2) }
        return text.filter { $0 != "\"" }
    }

    /// The size of the file itself: the length of a redirect's own body says nothing.
    package var size: Int? { self["x-linked-size"].flatMap(Self.count) ?? (isRedirect ? nil : length) }

    /// Where a part begins, and how many bytes the whole has: `bytes 100-199/200`.
    package var part: (start: Int, total: Int?)? {
        guard let range = self["content-range"], range.hasPrefix("bytes ") else { return nil }
        let halves = range.dropFirst(6).split(separator: "/")
        guard halves.count == 2,
            let start = halves[0].split(separator: "-", omittingEmptySubsequences: false).first.flatMap({
                Self.count($0)
            })
        else { return nil }
        return (start, Self.count(halves[1]))
    }

    /// A number of bytes: digits only, and one that no disk exceeds.
    private static func count(_ text: some StringProtocol) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 15,
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int(text)
    }
}

extension StringProtocol {
    /// Without white space at both ends.
    var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return String(text)
    }
}
