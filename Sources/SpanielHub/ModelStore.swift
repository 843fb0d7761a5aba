import SpanielFiles
import Tensor
public import SpanielPlatform

/// Finds the folders of models on this machine; it downloads nothing.
///
///     let folder = try ModelStore.locate("facebook/sam-vit-base")
///     print(folder.lastPathComponent)  // sam-vit-base, if Weights/fetch.sh brought it
///     let sam = try SAM(contentsOf: folder)
public struct ModelStore: Sendable {
    private let environment: Environment
    /// The folders that are searched, in this order, before Python's cache: they hold the models that ship
    /// and those that `Weights/fetch.sh` brought.
    public let folders: [URL]

    /// A store with the folders of this process: `SPANIEL_WEIGHTS`, then those beside and above the running
    /// program.
    public init() { self.init(.current) }

    package init(_ environment: Environment) {
        self.environment = environment
        folders = Self.folders(environment)
    }

    /// Finds the folder of a model.
    ///
    /// A bare name means a model that ships before it means a folder; a name with slashes means a folder
    /// first.
    /// - Parameter name: the name of a model that ships, the path of a folder, or the id of a model on the
    ///   hub that `Weights/fetch.sh` or Python has fetched.
    /// - Throws: `HubError`; for a model of the hub it names the command that fetches it.
    public static func locate(_ name: String) throws(HubError) -> URL { try ModelStore().locate(name) }

    /// Finds the folder of a model in the folders of this store, then in Python's cache.
    /// - Parameter name: as for the static `locate`.
    /// - Throws: `HubError`; for a model of the hub it names the command that fetches it.
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

    /// The complete models in the folders of this store, sorted by name, each with its folder.
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

    /// The folder in SPANIEL_WEIGHTS; Weights beside the program; ../share/spaniel/Weights; Weights of the
    /// package in which the program was built.
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

    /// The path of the script that fetches models, as the user would type it here.
    private var fetchScript: String {
        let usual = "Weights/fetch.sh"
        if FileKind(of: environment.currentFolder.appending(path: usual)) == .file { return usual }
        let scripts = folders.map { $0.appending(path: "fetch.sh") }
        return scripts.first { FileKind(of: $0) == .file }.map { Self.quoted($0.path(percentEncoded: false)) }
            ?? usual
    }

    /// A path, quoted if a shell would not take it for one word.
    private static func quoted(_ path: String) -> String {
        let isPlain = path.utf8.allSatisfy { byte in
            byte >= 0x80 || "/._-+@".utf8.contains(byte) || UnicodeScalar(byte).properties.isAlphabetic
                || (0x30...0x39).contains(byte)
        }
        return isPlain ? path : "'" + path.replacing("'", with: "'\\''") + "'"
    }
}
