import Logging
import Spaniel
import SpanielFiles
import SpanielHub
import Tensor
import SpanielPlatform

extension ModelOptions {
    /// Finds and loads the SAM model that was asked for, and sets the number of threads.
    ///
    /// - Throws: `Failure` 66 when it is missing, 69 when it can be fetched, 65 when it is there but
    ///   unusable.
    func loadSAM(for need: ModelNeed) throws -> SAM {
        try need.loadSAM(model, threads: threads, pull: pull, precision: precision.precision)
    }

    /// The same for the others.
    func loadViT(for need: ModelNeed = .classify) throws -> ViT {
        try need.load(model, threads: threads, pull: pull) {
            try ViT(contentsOf: $0, precision: precision.precision)
        }
    }

    func loadCLIP(for need: ModelNeed = .classifyByWords) throws -> CLIP {
        try need.load(model, threads: threads, pull: pull) {
            try CLIP(contentsOf: $0, precision: precision.precision)
        }
    }

    func loadCLIPSeg(for need: ModelNeed = .segment) throws -> CLIPSeg {
        try need.load(model, threads: threads, pull: pull) {
            try CLIPSeg(contentsOf: $0, precision: precision.precision)
        }
    }

    func loadDINOv2(for need: ModelNeed = .features) throws -> DINOv2 {
        try need.load(model, threads: threads, pull: pull) {
            try DINOv2(contentsOf: $0, precision: precision.precision)
        }
    }

    func loadOWLViT(for need: ModelNeed = .detect) throws -> OWLViT {
        try need.load(model, threads: threads, pull: pull) {
            try OWLViT(contentsOf: $0, precision: precision.precision)
        }
    }
}

extension ModelNeed {
    /// The same for a model beside the main one; see `load`.
    func loadSAM(
        _ name: String?, threads: Int? = nil, pull: Bool, precision: Tensor.Precision? = nil
    ) throws -> SAM {
        try load(name, threads: threads, pull: pull) { try SAM(contentsOf: $0, precision: precision) }
    }

    /// Finds a model and loads it.
    ///
    /// - Parameters:
    ///   - name: as the user named it; nil: the usual one.
    ///   - threads: how many are used from now on; nil leaves that as it is.
    ///   - pull: whether what is missing is fetched without asking.
    /// - Throws: `Failure` 66 when it is missing, 69 when it can be fetched, 65 when it is there but unusable
    ///   or of another kind.
    func load<Model>(_ name: String?, threads: Int? = nil, pull: Bool, _ load: (URL) throws -> Model) throws
        -> Model
    {
        if let threads { Parallel.threads = threads }
        let folder = try locate(name, pull: pull)
        try check(folder, name: name ?? usual)
        if let kept = PackedFolder.current { try OutputFolder.make(kept.path) }
        do {
            return try PackedFolder.load { try load(folder) }
        } catch let error as PackedFolderError {
            throw Failure(error.file, about: .output)
        } catch { throw Failure(error, about: .input) }
    }

    private func locate(_ name: String?, pull: Bool) throws -> URL {
        if let name, FileKind(at: name) == .file {
            if CheckpointFile.isNamed(name) { return URL(filePath: name) }
            throw Failure(
                .unusable, code: "model.kind",
                "\(name): expected a model's folder or a checkpoint (.pth, .pt), found another file; name the folder it is in"
            )
        }
        if let name, let checkpoint = CheckpointFile.alone(in: name) {
            throw Failure(
                .unusable, code: "model.kind",
                "\(name): expected a model's folder, found no config.json in it; name the checkpoint itself: \(checkpoint)"
            )
        }
        do { return try ModelStore.locate(name ?? usual) } catch {
            if name == nil, case .missing = error { throw notHere }
            if case .notFetched(let id, _, _) = error, pull || MissingModel(name: id).isWanted() {
                return try MissingModel(name: id).fetch()
            }
            throw Failure(error, about: .input)
        }
    }

    /// The usual model is none that comes with this copy of the tool.
    private var notHere: Failure {
        Failure(
            .weights, code: "model.not-fetched",
            "\(usual), what \(user) uses by default, is not on this machine; \(fetching(published))")
    }

    /// How to come by a published model.
    private func fetching(_ id: String) -> String {
        do {
            _ = try ModelStore.locate(id)
            return "\(id) is on this machine: name it with \(option) \(id)"
        } catch .notFetched {
            return "fetch a published one with: spaniel weights pull \(id) and name it with \(option) \(id)"
        } catch { return "name a model with \(option)" }
    }
}

extension CheckOptions {
    /// nil where nothing is to be checked.
    func load(for classes: [String], _ model: ModelOptions, log: Logger) throws -> SemanticCheck? {
        guard !texts.isEmpty else { return nil }
        let texts = try texts(for: classes)
        let clip = try ModelNeed.words.load(clipModel, pull: model.pull) {
            try CLIP(contentsOf: $0, precision: model.precision.precision)
        }
        try clip.texts.note(self.texts.map(\.words), to: log)
        return try SemanticCheck(clip, texts: texts, threshold: textThreshold ?? 0.5)
    }
}

extension RunDescription.Model {
    /// - Parameter isRecorded: whether anybody will read the checksum; it is then worked out beside the first
    ///   picture.
    init(_ weights: Weights, isRecorded: Bool) {
        if isRecorded { Task.detached { _ = weights.sha256 } }
        self.init(name: weights.modelName, sha256: weights.sha256)
    }
}
