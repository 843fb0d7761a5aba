#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A folder of files that appears whole or not at all: written beside its place and renamed into it.
///
/// Where a folder with files already stands, those others are left alone and each file is replaced whole as it is written; so the
/// file that names the others is written last. Without `commit` a new folder is not left. The promise is against a process that ends,
/// not against a machine that does: thousands of small files are not brought to the disk one by one.
package struct AtomicFolder: ~Copyable {
    private let destination: String
    /// Where the files go for now; nil: straight into the folder that is there.
    private let temporary: String?
    private var made: Set<String> = []

    package init(at url: URL) throws(FileError) {
        var destination = url.path(percentEncoded: false)
        while destination.count > 1, destination.hasSuffix("/") { destination.removeLast() }
        switch FileKind(of: url) {
        case .missing: break
        case .folder:
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: destination) else {
                throw .unreadable(path: destination, errno: EACCES)
            }
            if !names.isEmpty {
                self.destination = destination
                temporary = nil
                return
            }
        case .file, .other: throw .notAFolder(path: destination)
        }
        let parent = destination.lastIndex(of: "/").map { String(destination[...$0]) } ?? "./"
        let name = parent + ".spaniel-\(String(UInt64.random(in: .min ... .max), radix: 16)).tmp"
        guard mkdir(name, 0o777) == 0 else { throw .unwritable(path: destination, errno: errno) }
        AtomicFile.remember(name)
        self.destination = destination
        temporary = name
    }

    deinit {
        if let temporary, AtomicFile.forget(temporary) { try? FileManager.default.removeItem(atPath: temporary) }
    }

    /// Writes a file, folders on the way made first.
    ///
    /// - Precondition: `name` is relative and stays inside the folder.
    package mutating func write(_ bytes: some Collection<UInt8>, to name: String) throws(FileError) {
        let root = temporary ?? destination
        try makeFolders(for: name)
        do { try AtomicFile.write(bytes, to: URL(filePath: "\(root)/\(name)"), durable: temporary == nil) } catch {
            guard case .unwritable(_, let errno) = error else { throw error }
            throw .unwritable(path: "\(destination)/\(name)", errno: errno)
        }
    }

    /// Makes a link to a file elsewhere; whatever has that name already stays.
    package mutating func link(_ name: String, to target: String) throws(FileError) {
        try makeFolders(for: name)
        guard symlink(target, "\(temporary ?? destination)/\(name)") == 0 || errno == EEXIST else {
            throw .unwritable(path: "\(destination)/\(name)", errno: errno)
        }
    }

    private mutating func makeFolders(for name: String) throws(FileError) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        precondition(parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }, "AtomicFolder: \(name) is no name inside a folder")
        var folder = temporary ?? destination
        for part in parts.dropLast() {
            folder += "/" + part
            guard made.insert(folder).inserted else { continue }
            if mkdir(folder, 0o777) != 0, errno != EEXIST { throw .unwritable(path: folder, errno: errno) }
        }
    }

    /// Puts a new folder in its place.
    package consuming func commit() throws(FileError) {
        guard let temporary else { return }
        // An empty folder that stands there gives way to the new one.
        guard rename(temporary, destination) == 0 else { throw .unwritable(path: destination, errno: errno) }
        _ = AtomicFile.forget(temporary)
    }
}
