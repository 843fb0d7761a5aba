/// Paths as they are written, with slashes; nothing is looked up.
enum Paths {
    /// `a/b/c.jpg` → `c.jpg`, `a/b/` → `b`; nil where there is no name.
    static func last(_ path: String) -> String? { path.split(separator: "/").last.map(String.init) }

    /// `a/b/c.jpg` → `a/b/`, `c.jpg` → nothing: what stands before the last name, with its slash.
    static func folder(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    /// `a` or `a/` and `b.jpg` → `a/b.jpg`; a name in no folder stays as it is.
    static func join(_ folder: String, _ name: String) -> String {
        folder.isEmpty || folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }
}
