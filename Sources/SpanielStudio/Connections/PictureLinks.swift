/// Finds pictures of the folder by the links of another tool: `/data/local-files/?d=shelf/a.jpg`,
/// `/data/upload/3/0a1b2c3d-a.jpg`, `s3://bucket/shelf/a.jpg`.
///
/// No link is ever followed: the longest end of it that is the path of a picture counts, else a file's name that
/// only one picture has.
package struct PictureLinks: Sendable {
    private var paths: [String: Int64] = [:]
    /// nil where several pictures have the name.
    private var names: [String: Int64?] = [:]

    package init(_ pictures: some Sequence<(path: String, id: Int64)>) {
        for (path, id) in pictures {
            paths[path] = id
            let name = Self.plain(path.split(separator: "/").last ?? "")
            names[name] = names[name] == nil ? .some(id) : .some(nil)
        }
    }

    package subscript(link: String) -> Int64? {
        var path = link[...]
        if let query = link.firstRange(of: "?d=") {
            path = link[query.upperBound...].prefix { $0 != "&" }
        } else {
            path = link.prefix { $0 != "?" && $0 != "#" }
        }
        // A plus is itself in a path.
        let escaped = String(path.flatMap { $0 == "+" ? Array("%2B") : [$0] })
        var parts = (Query.decoded(escaped) ?? String(path)).split(separator: "/")[...]
        guard let last = parts.last else { return nil }
        while !parts.isEmpty {
            if let id = paths[parts.joined(separator: "/")] { return id }
            parts.removeFirst()
        }
        return names[Self.plain(last)] ?? names[Self.plain(Self.uploaded(last))] ?? nil
    }

    /// The name a file had before Label Studio took it in: `0a1b2c3d-a.jpg` → `a.jpg`.
    private static func uploaded(_ name: Substring) -> Substring {
        let mark = name.prefix { $0.isHexDigit }
        guard mark.count == 8, name.dropFirst(8).first == "-" else { return name }
        return name.dropFirst(9)
    }

    /// A name as Django keeps that of an uploaded file: spaces are underscores, and marks other than `-_.` go.
    private static func plain(_ name: some StringProtocol) -> String {
        String(
            name.compactMap { letter in
                if letter == " " { return "_" }
                return letter.isLetter || letter.isNumber || "-_.".contains(letter) ? letter : nil
            })
    }
}
