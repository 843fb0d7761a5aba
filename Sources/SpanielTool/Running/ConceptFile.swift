import SpanielFiles
import Spaniel
import Tensor
import SpanielPlatform

/// What a model learnt of a class, and can be kept.
protocol StoredConcept {
    var className: String { get }
    var model: ModelIdentity { get }
    static func save(_ concepts: [Self], to url: URL) throws
    static func load(contentsOf url: URL) throws -> [Self]
}

extension PerSAM.Concept: StoredConcept {}
extension CLIPSeg.Concept: StoredConcept {}
extension OWLViT.Concept: StoredConcept {}

/// Concepts on their way from examples to a file and back.
enum ConceptFile<Stored: StoredConcept> {
    /// Reads the concepts of some files.
    ///
    /// - Parameters:
    ///   - task: what they are for.
    ///   - model: what they must have been learnt with.
    /// - Throws: `Failure` 66 when a file is missing, 65 when it is no concept, or one of another task or
    ///   model.
    static func load(_ paths: [String], for task: TaskName, _ model: Weights) throws -> [Stored] {
        try paths.flatMap { path in
            let concepts: [Stored]
            do {
                concepts = try Stored.load(contentsOf: URL(filePath: path))
            } catch let error as ConceptError {
                throw otherTask(path, task)
                    ?? Failure(
                        .unusable, code: error.code,
                        "\(error.description) with spaniel learn --for \(task.rawValue)")
            } catch { throw Failure(error, about: .input) }
            for concept in concepts where concept.model.sha256 != model.sha256 {
                throw Failure(
                    .unusable, code: "concept.model",
                    "\(path): learnt with \(concept.model), not with \(model.identity); name that model "
                        + "with --model, or learn it again")
            }
            return concepts
        }
    }

    /// That a file which cannot be used was learnt for another task; nil where that is not why.
    private static func otherTask(_ path: String, _ task: TaskName) -> Failure? {
        guard let metadata = try? Safetensors(contentsOf: URL(filePath: path)).metadata,
            let found = ConceptArchive.purpose(metadata), found != task.rawValue
        else { return nil }
        return Failure(
            .unusable, code: "concept.task",
            "\(path): learnt for spaniel \(found.prefix(20)), not for spaniel \(task.rawValue); learn it with "
                + "spaniel learn --for \(task.rawValue)")
    }

    static func save(_ concepts: [Stored], to path: String) throws {
        try OutputFolder.makeParent(ofFile: path)
        do { try Stored.save(concepts, to: URL(filePath: path)) } catch {
            throw Failure(error, about: .output)
        }
    }

    /// The classes of a run, each once.
    ///
    /// - Throws: `Failure`, exit code 65, when two files hold the same class: their thresholds and results
    ///   could not be told apart.
    static func distinctNames(of concepts: [Stored]) throws -> [String] {
        let names = concepts.map(\.className)
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw Failure(
                .unusable, code: "concept.class",
                "two concepts have the class \(twice); learn them together, or under two names")
        }
        guard !names.isEmpty else {
            throw Failure(
                .unusable, code: "concept.empty",
                "the concept file holds no class; make it again with spaniel learn")
        }
        return names
    }
}

extension ConceptFile {
    /// Checks that the concepts of a file were learnt with the features that are compared.
    ///
    /// - Parameters:
    ///   - learnt: what a concept was learnt with; nil: the main model's own features.
    ///   - options: which are compared, as the command line says.
    ///   - features: which those are; nil: the main model's own.
    /// - Throws: `Failure` 65 with the command that learns the concept anew.
    static func check(
        _ concepts: [Stored], of paths: [String], for task: TaskName, learnt: (Stored) -> FeatureIdentity?,
        _ options: FeatureOptions, _ features: FeatureIdentity?
    ) throws(Failure) {
        for concept in concepts {
            let learnt = learnt(concept)
            if learnt.isSame(as: features) { continue }
            func name(_ identity: FeatureIdentity?) -> String {
                identity.map { "the features of \($0)" } ?? "the model's own features"
            }
            throw Failure(
                .unusable, code: "concept.features",
                "the concept '\(concept.className)' was learnt with \(name(learnt)), not with \(name(features)); "
                    + "name those with --features\(learnt == nil ? " \(FeatureOptions.own)" : ""), or learn it anew: "
                    + "spaniel learn --for \(task.rawValue)\(options.asWritten) --example … -o \(paths.first ?? "FILE.concept")"
            )
        }
    }
}
