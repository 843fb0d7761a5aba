import SpanielFiles
import Tensor
public import SpanielPlatform

/// Finds models on this machine, and fetches those of the hub.
///
///     let folder = try ModelStore.locate("sam-base")  // if it was fetched before
///     let sam = try SAM(contentsOf: folder)
public struct ModelStore: Sendable {
    let environment: Environment
    /// The folders that are searched, in this order, before Python's cache: they hold the models that ship,
    /// and others as `ORG/NAME`.
    public let folders: [URL]

    /// A store with the folders of this process: `SPANIEL_WEIGHTS`, then those beside and above the running
    /// program.
    public init() { self.init(.current) }

    package init(_ environment: Environment) {
        self.environment = environment
        folders = Self.folders(environment)
    }

    /// Finds a model.
    ///
    /// A bare name means a model that ships or a known one before it means a folder; a name with slashes
    /// means a folder first.
    /// - Parameter name: the name of a model that ships or of a `KnownModel`, the path of a folder, or the id
    ///   of a model on the hub that this package or Python has fetched.
    /// - Returns: the model's folder, or its file where a known model is one.
    /// - Throws: `HubError`; `notFetched` for a model of the hub that `pull` can fetch.
    public static func locate(_ name: String) throws(HubError) -> URL { try ModelStore().locate(name) }

    /// Finds a model in the folders of this store, then in Python's cache.
    /// - Parameter name: as for the static `locate`.
    /// - Throws: `HubError`; `notFetched` for a model of the hub that `pull` can fetch.
    public func locate(_ name: String) throws(HubError) -> URL {
        let isBare = !name.contains("/")
        let path = environment.folder(name)
        if !isBare, FileKind(of: path) != .missing { return path }
        let known = KnownModel.named(name)
        guard let id = HubID(known?.id ?? name), name != ".", name != ".." else {
            if !name.isEmpty, FileKind(of: path) != .missing { return path }
            throw .missing(name: name, looked: [])
        }
        let places = places(of: id, known)
        if let complete = places.lazy.compactMap({ Self.complete($0, known) }).first { return complete }
        if isBare, FileKind(of: path) != .missing { return path }
        let looked = (folders + [PythonCache(environment).folder]).map { $0.path(percentEncoded: false) }
        if isBare, known?.id == nil { throw .missing(name: name, looked: looked) }
        let incomplete = places.first { FileKind(of: $0) == .folder }.flatMap { folder in
            (known?.file ?? Weights.missingFile(in: folder)).map {
                "\(folder.path(percentEncoded: false)) lacks \($0)"
            }
        }
        throw .notFetched(id: name, looked: looked, incomplete: incomplete)
    }

    /// The folders in which a model may lie, the likeliest first.
    func places(of id: HubID, _ known: KnownModel?) -> [URL] {
        let candidates = folders.map { $0.appending(path: id.text, directoryHint: .isDirectory) }
        let entry = PythonCache(environment).entry(id)
        let pinned = known?.revision.map { entry.snapshots(revision: $0) } ?? []
        return candidates + pinned + entry.snapshots(revision: nil)
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
}
