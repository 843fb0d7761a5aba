import SpanielFiles
import SpanielPlatform

/// One picture to work on: its name as it stands in the output, or why it cannot be reached.
package struct PictureEntry: Sendable, Equatable {
    package let path: String
    package let failure: Failure?

    package init(path: String, failure: Failure? = nil) {
        self.path = path
        self.failure = failure
    }
}

/// Expands the `IMAGES` of a command line: files, folders (their pictures, sorted by name), `@list.txt`, `-`
/// (names on standard input).
package struct PictureList {
    /// Whether folders inside folders are searched too.
    package let recursive: Bool
    /// The lines of standard input, asked for at most once.
    package let standardInput: () throws -> String

    package init(recursive: Bool, standardInput: @escaping () throws -> String) {
        self.recursive = recursive
        self.standardInput = standardInput
    }

    /// - Throws: `Failure` when a list is missing or unreadable, or when nothing at all is named.
    package func expand(_ arguments: [String]) throws -> [PictureEntry] {
        var entries: [PictureEntry] = []
        var readStandardInput = false
        for argument in arguments {
            if argument == "-" {
                guard !readStandardInput else { throw UsageError("- (names on standard input) stands twice") }
                readStandardInput = true
                entries += Self.lines(try standardInput()).flatMap(expand(path:))
            } else if let list = argument.after("@") {
                entries += Self.lines(try Self.text(ofList: String(list))).flatMap(expand(path:))
            } else {
                entries += expand(path: argument)
            }
        }
        guard !entries.isEmpty else {
            throw Failure(
                .missing, code: "image.none",
                "no pictures in \(arguments.joined(separator: ", "))\(recursive ? "" : hint(arguments))")
        }
        return entries
    }

    private func hint(_ arguments: [String]) -> String {
        arguments.contains { isFolder($0) } ? " (folders inside folders are searched with --recursive)" : ""
    }

    private func expand(path: String) -> [PictureEntry] {
        guard isFolder(path) else { return [PictureEntry(path: path)] }
        return pictures(in: path)
    }

    /// The pictures of a folder, sorted by name; with `recursive` each folder's own pictures come before
    /// those of the folders inside it.
    private func pictures(in folder: String) -> [PictureEntry] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }
                .sorted(by: Self.precedes)
        } catch {
            let message = "\(folder): the folder cannot be read; check its permissions"
            return [
                PictureEntry(path: folder, failure: Failure(.unusable, code: "folder.unreadable", message))
            ]
        }
        let paths = names.map { Paths.join(folder, $0) }
        let own = paths.filter { Self.isPictureName($0) && !isFolder($0) }.map { PictureEntry(path: $0) }
        guard recursive else { return own }
        // A link to a folder is not followed: it may lead back here.
        return own + paths.filter { isFolder($0) && !isLink($0) }.flatMap(pictures(in:))
    }

    /// Names compared by their bytes, so that the order is the same on every machine.
    private static func precedes(_ a: String, _ b: String) -> Bool {
        a.utf8.lexicographicallyPrecedes(b.utf8)
    }

    /// Formats we cannot decode are pictures too: they get an error that names a converter instead of being
    /// passed over in silence.
    private static let extensions: Set<String> = [
        "png", "jpg", "jpeg", "jpe", "jfif", "heic", "heif", "hif", "avif", "webp", "gif", "bmp", "tif",
        "tiff", "jp2", "jxl",
    ]

    private static func isPictureName(_ path: String) -> Bool {
        guard let dot = path.lastIndex(of: ".") else { return false }
        return extensions.contains(path[path.index(after: dot)...].lowercased())
    }

    private func isFolder(_ path: String) -> Bool { FileKind(at: path) == .folder }

    private func isLink(_ path: String) -> Bool {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil
    }

    /// One name a line; empty lines count for nothing.
    private static func lines(_ text: String) -> [String] {
        text.split { $0 == "\n" || $0 == "\r\n" }.map(String.init)
    }

    private static func text(ofList path: String) throws -> String {
        do {
            return String(
                decoding: try ReadableFile.bytes(of: URL(filePath: path), limit: 1 << 28), as: UTF8.self)
        } catch .missing {
            throw Failure(.missing, code: "list.missing", "\(path): the list of pictures does not exist")
        } catch {
            throw Failure(
                .unusable, code: "list.unreadable",
                "\(error); a list of pictures is a text file, one name a line")
        }
    }
}
