import SpanielFiles
import SpanielJSON
import SpanielPlatform

/// The files of annotations as bytes and trees, with errors that name them.
enum AnnotationFile {
    /// Two gigabytes: more labels than any set has, and less than would fill a machine's memory.
    private static let limit = 2 << 30

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    static func bytes(of url: URL) throws(AnnotationError) -> [UInt8] {
        do { return try ReadableFile.bytes(of: url, limit: limit) } catch { throw .file(error) }
    }

    /// A byte order mark, which some programs put first, is passed over.
    static func json(_ bytes: [UInt8], name: String) throws(AnnotationError) -> JSON {
        let start = try jsonStart(bytes, name: name)
        do { return try JSON(parsing: start == 0 ? bytes : Array(bytes[start...])) } catch {
            throw problem(error, in: bytes, name: name)
        }
    }

    /// Where the text begins: behind a byte order mark.
    static func jsonStart(_ bytes: [UInt8], name: String) throws(AnnotationError) -> Int {
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) {
            throw .json(file: name, problem: "found text in UTF-16; save it as UTF-8")
        }
        return bytes.starts(with: byteOrderMark) ? 3 : 0
    }

    /// What a fault of the text means: of an older code page every fault is that it is not UTF-8.
    static func problem(_ error: JSONError, in bytes: [UInt8], name: String) -> AnnotationError {
        if String(validating: bytes, as: UTF8.self) == nil {
            return .json(
                file: name,
                problem: "found text of another code page (such as GBK or Windows-1252); save it as UTF-8")
        }
        return .json(file: name, problem: error.description)
    }

    static func json(of url: URL, name: String) throws(AnnotationError) -> Field {
        Field(try json(bytes(of: url), name: name), file: name, path: "")
    }

    /// The text of a file, without a byte order mark.
    static func text(of url: URL, name: String) throws(AnnotationError) -> String {
        var bytes = try bytes(of: url)[...]
        if bytes.starts(with: byteOrderMark) { bytes = bytes.dropFirst(3) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .value(
                file: name, path: "bytes", expected: "text in UTF-8",
                found: "bytes of another code page (save it as UTF-8)")
        }
        return text
    }

    static func write(_ bytes: [UInt8], to url: URL) throws(AnnotationError) {
        do { try AtomicFile.write(bytes, to: url) } catch { throw .file(error) }
    }

    /// Writes a folder of files, whole or not at all.
    static func writeFolder(
        _ url: URL, links: [(name: String, target: String)] = [],
        _ body: (_ write: (_ name: String, _ bytes: [UInt8]) throws(FileError) -> Void) throws(FileError) ->
            Void
    ) throws(AnnotationError) {
        do throws(FileError) {
            var folder = try AtomicFolder(at: url)
            for link in links { try folder.link(link.name, to: link.target) }
            try body { name, bytes throws(FileError) in try folder.write(bytes, to: name) }
            try folder.commit()
        } catch { throw .file(error) }
    }

    /// How many files that end so lie in a folder inside another and are not among those to be written.
    static func others(in url: URL, _ folder: String, ending: String, than names: [String]) -> Int {
        let there = try? self.names(in: url.appending(path: folder), ending: [ending])
        return Set((there ?? []).map { "\(folder)/\($0)" }).subtracting(names).count
    }

    /// The files below a folder whose names end so, as paths relative to it, sorted by bytes; hidden ones are
    /// passed over.
    ///
    /// - Throws: `AnnotationError.file` when there is no such folder.
    static func names(
        in url: URL, ending suffixes: [String], deep: Bool = true
    ) throws(AnnotationError) -> [String] {
        var names: [String] = []
        let root = url.path(percentEncoded: false)
        guard FileKind(of: url) == .folder else {
            throw .file(FileKind(of: url) == .missing ? .missing(path: root) : .notAFolder(path: root))
        }
        // Links may lead round in circles, and a few of them to any number of paths: each folder is looked
        // into once.
        var seen = Set<String>()
        func walk(_ folder: String) {
            let path = folder.isEmpty ? root : "\(root)/\(folder)"
            guard
                seen.insert(URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false))
                    .inserted
            else { return }
            for name in ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
            where !name.hasPrefix(".") {
                let inner = folder.isEmpty ? name : "\(folder)/\(name)"
                let lower = name.lowercased()
                let matches = suffixes.contains { lower.hasSuffix($0) }
                switch FileKind(of: URL(filePath: "\(root)/\(inner)")) {
                case .folder where deep: walk(inner)
                case .file where matches: names.append(inner)
                default: break
                }
            }
        }
        walk("")
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
