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
