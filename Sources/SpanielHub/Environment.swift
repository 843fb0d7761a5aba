package import SpanielPlatform

/// The surroundings in which a model is looked for; tests make their own.
package struct Environment: Sendable {
    private let variables: [String: String]
    /// The running program, symbolic links resolved.
    let executable: URL?
    let currentFolder: URL

    package init(variables: [String: String], executable: URL?, currentFolder: URL) {
        self.variables = variables
        self.executable = executable
        self.currentFolder = currentFolder
    }

    /// The surroundings of this process.
    static var current: Environment {
        Environment(
            variables: ProcessInfo.processInfo.environment, executable: runningExecutable(),
            currentFolder: URL(
                filePath: FileManager.default.currentDirectoryPath, directoryHint: .isDirectory))
    }

    /// The value of a variable; an empty one counts as unset.
    subscript(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// A path as the user wrote it: `~` means the home folder, and a relative path starts at the current
    /// folder.
    func folder(_ path: String) -> URL {
        let path = path == "~" || path.hasPrefix("~/") ? home + path.dropFirst() : path
        return URL(filePath: path, directoryHint: .isDirectory, relativeTo: currentFolder).absoluteURL
    }

    /// A path from a variable, in which other variables (`$NAME`, `${NAME}`) are replaced.
    func folder(expanding path: String) -> URL { folder(expanded(path)) }

    /// The same for a file.
    func file(expanding path: String) -> URL {
        let folder = folder(expanding: path)
        return folder.deletingLastPathComponent().appending(
            path: folder.lastPathComponent, directoryHint: .notDirectory)
    }

    private func expanded(_ path: String) -> String {
        var result = ""
        var rest = path[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            let isBraced = rest.first == "{"
            let name = (isBraced ? rest.dropFirst() : rest).prefix {
                $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber)
            }
            let end = isBraced ? rest[name.endIndex...].first == "}" : true
            if let value = variables[String(name)], !name.isEmpty, end {
                result += value
                rest = isBraced ? rest[name.endIndex...].dropFirst() : rest[name.endIndex...]
            } else {
                result += "$"  // text that names no variable is copied
            }
        }
        return result + rest
    }

    private var home: String {
        self["HOME"] ?? FileManager.default.homeDirectoryForCurrentUser.path(percentEncoded: false)
    }

    /// The program of this process.
    package static func runningExecutable() -> URL? {
        #if os(Linux)
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")).map {
                URL(filePath: $0)
            }
        #else
            CommandLine.arguments.first.map { URL(filePath: $0).resolvingSymlinksInPath() }
        #endif
    }
}
