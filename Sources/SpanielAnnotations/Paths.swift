import SpanielPlatform

/// Names of files inside a set, as paths with slashes.
enum Paths {
    /// `folder/../a.jpg` → `a.jpg`; what leads out of the top stays as `..`.
    static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else {
                parts.append(part)
            }
        }
        return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }

    /// A path as seen from the top, where it was written down in a folder below it.
    static func join(_ folder: String, _ path: String) -> String {
        folder.isEmpty || path.hasPrefix("/") ? normalized(path) : normalized(folder + "/" + path)
    }

    /// `a/b/c.jpg` → `a/b`, `c.jpg` → nothing.
    static func folder(_ path: String) -> String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "" }

    /// `a/b/c.tar.jpg` → `c.tar.jpg`.
    static func last(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    /// `a/b/c.tar.jpg` → `a/b/c.tar`; a name that begins with its only dot stays.
    static func withoutEnding(_ path: String) -> String {
        let name = last(path)
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return path }
        return String(path.dropLast(name[dot...].count))
    }

    /// `../` as often as a path has folders: from its own folder to the top.
    static func up(from path: String) -> String {
        String(repeating: "../", count: path.split(separator: "/").count - 1)
    }

    /// A place as a path from the root, links left as they are.
    static func absolute(_ url: URL) -> String {
        let path = url.path(percentEncoded: false)
        return normalized(path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path)
    }

    /// An absolute path as seen from an absolute folder.
    static func relative(_ path: String, from folder: String) -> String {
        let parts = normalized(path).split(separator: "/")
        let start = normalized(folder).split(separator: "/")
        let shared = zip(parts, start).prefix { $0 == $1 }.count
        return String(repeating: "../", count: start.count - shared) + parts[shared...].joined(separator: "/")
    }

    /// Whether a name ends like a picture's.
    static func isPicture(_ path: String) -> Bool {
        let lower = path.lowercased()
        return pictureEndings.contains { lower.hasSuffix($0) }
    }

    /// Those of pictures that are not read too: a message names them, and no set loses them without a word.
    static let pictureEndings = [
        ".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".heic", ".heif", ".hif", ".avif", ".jpe", ".jfif",
        ".bmp", ".gif",
    ]
}

/// Gives each picture of a set a name of its own for the file of its annotations.
struct FileNames {
    private var taken = Set<String>()
    /// The number that the next picture of a name begins to look at: thousands may have the same.
    private var numbers: [String: Int] = [:]
    /// How many names had to be given a number or changed.
    private(set) var changed = 0

    /// `photos/a.jpg` → `photos/a`; never out of the folder, never the same twice, not even but for the case
    /// of its letters.
    mutating func stem(for picture: String) -> String {
        let parts = Paths.normalized(picture).split(separator: "/").filter { $0 != ".." }.map(Self.plain)
        let base = parts.isEmpty ? "picture" : Paths.withoutEnding(parts.joined(separator: "/"))
        var stem = base
        while !taken.insert(stem.lowercased()).inserted {
            let number = numbers[base.lowercased(), default: 2]
            numbers[base.lowercased()] = number + 1
            stem = "\(base)-\(number)"
        }
        if stem != Paths.withoutEnding(picture) { changed += 1 }
        return stem
    }

    /// A part of a path without what file systems refuse, and not longer than they take.
    private static func plain(_ part: Substring) -> String {
        var scalars = String.UnicodeScalarView()
        var bytes = 0
        for scalar in part.unicodeScalars {
            let refused = scalar.value < 0x20 || scalar.value == 0x7F || scalar == "\\" || scalar == ":"
            let kept: Unicode.Scalar = refused ? "_" : scalar
            bytes += String(kept).utf8.count
            if bytes > 200 { break }
            scalars.append(kept)
        }
        return String(scalars)
    }
}
