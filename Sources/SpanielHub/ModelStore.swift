import SpanielFiles
import Tensor
public import SpanielPlatform

/// Where models are on this machine.
public struct ModelStore: Sendable {
    private let environment: Environment
    /// The folders that hold models of our own and those that `Weights/fetch.sh` brought, in the order they
    /// are searched.
    public let folders: [URL]

    public init() { self.init(.current) }

    package init(_ environment: Environment) {
        self.environment = environment
        folders = Self.folders(environment)
    }

    /// The folder of a model, by the name of one that ships, the path of a folder, or the id of one on the
    /// hub that has been fetched by `Weights/fetch.sh` or by Python. Nothing is downloaded.
    ///
    /// A bare name means a model that ships before it means a folder; a name with slashes means a folder
    /// first.
    /// - Throws: `HubError`, for a hub's model with the command that fetches it.
    public static func locate(_ name: String) throws(HubError) -> URL { try ModelStore().locate(name) }

    /// The same, in the folders of this store.
    public func locate(_ name: String) throws(HubError) -> URL {
        let isBare = !name.contains("/")
        let path = environment.folder(name)
        if !isBare, FileKind(of: path) != .missing { return path }
        guard let id = HubID(name), name != ".", name != ".." else {
            if !name.isEmpty, FileKind(of: path) != .missing { return path }
            throw .missing(name: name, looked: [])
        }
        let candidates = folders.map { $0.appending(path: id.text, directoryHint: .isDirectory) }
        let cache = PythonCache(environment)
        let places = candidates + [cache.snapshot(of: id)].compactMap { $0 }
        if let complete = places.first(where: { Weights.missingFile(in: $0) == nil }) { return complete }
        if isBare, FileKind(of: path) != .missing { return path }
        let looked = (folders + [cache.folder]).map { $0.path(percentEncoded: false) }
        if isBare { throw .missing(name: name, looked: looked) }
        let incomplete = places.first { FileKind(of: $0) == .folder }.flatMap { folder in
            Weights.missingFile(in: folder).map { "\(folder.path(percentEncoded: false)) lacks \($0)" }
        }
        throw .notFetched(id: name, command: "\(fetchScript) \(name)", looked: looked, incomplete: incomplete)
    }

    /// The names of the models in the store's folders, sorted, each with its folder.
    public func models() -> [(name: String, folder: URL)] {
        var found: [String: URL] = [:]
        for root in folders {
            for name in Self.subfolders(root) {
                let folder = root.appending(path: name, directoryHint: .isDirectory)
                let inner = Self.subfolders(folder).map {
                    ("\(name)/\($0)", folder.appending(path: $0, directoryHint: .isDirectory))
                }
                for (name, folder) in [(name, folder)] + inner
                where found[name] == nil && Weights.missingFile(in: folder) == nil {
                    found[name] = folder
                }
            }
        }
        return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static func subfolders(_ folder: URL) -> [String] {
        let names =
            (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))) ?? []
        return names.filter { FileKind(of: folder.appending(path: $0)) == .folder }
    }

    /// SPANIEL_WEIGHTS; Weights beside the program; ../share/spaniel/Weights; Weights of the package the
    /// program was built in.
    private static func folders(_ environment: Environment) -> [URL] {
        var folders: [URL] = []
        if let named = environment["SPANIEL_WEIGHTS"] { folders.append(environment.folder(expanding: named)) }
        if let executable = environment.executable {
            var folder = executable.deletingLastPathComponent()
            folders.append(folder.appending(path: "Weights"))
            folders.append(folder.appending(path: "../share/spaniel/Weights").standardizedFileURL)
            while folder.pathComponents.count > 1 {
                let weights = folder.appending(path: "Weights")
                if FileKind(of: folder.appending(path: "Package.swift")) == .file,
                    FileKind(of: weights) == .folder
                {
                    folders.append(weights)
                    break
                }
                folder.deleteLastPathComponent()
            }
        }
        return folders
    }

    /// The script that fetches models, as one would call it from here.
    private var fetchScript: String {
        let usual = "Weights/fetch.sh"
        if FileKind(of: environment.currentFolder.appending(path: usual)) == .file { return usual }
        let scripts = folders.map { $0.appending(path: "fetch.sh") }
        return scripts.first { FileKind(of: $0) == .file }.map { Self.quoted($0.path(percentEncoded: false)) }
            ?? usual
    }

    /// A path as a shell takes it for one word.
    private static func quoted(_ path: String) -> String {
        let isPlain = path.utf8.allSatisfy { byte in
            byte >= 0x80 || "/._-+@".utf8.contains(byte) || UnicodeScalar(byte).properties.isAlphabetic
                || (0x30...0x39).contains(byte)
        }
        return isPlain ? path : "'" + path.replacing("'", with: "'\\''") + "'"
    }
}
