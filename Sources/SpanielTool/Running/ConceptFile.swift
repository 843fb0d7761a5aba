import PerSAM

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Concepts on their way from examples to a file and back.
enum ConceptFile {
    static func load(_ path: String) throws -> [Concept] { try Concept.load(contentsOf: URL(filePath: path)) }

    static func save(_ concepts: [Concept], to path: String) throws {
        try OutputFolder.makeParent(ofFile: path)
        do { try Concept.save(concepts, to: URL(filePath: path)) } catch { throw Failure(error, about: .output) }
    }

    /// The classes of a run, each once.
    ///
    /// - Throws: `Failure`, exit code 65, when two files hold the same class: their thresholds and results could not be told apart.
    static func distinctNames(of concepts: [Concept]) throws -> [String] {
        let names = concepts.map(\.className)
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw Failure(.unusable, code: "concept.class", "two concepts have the class \(twice); learn them together, or under two names")
        }
        guard !names.isEmpty else {
            throw Failure(.unusable, code: "concept.empty", "the concept file holds no class; make it again with spaniel learn")
        }
        return names
    }
}

extension ExampleReading.Class {
    /// What the class's examples teach.
    func learn(with persam: PerSAM, _ options: PerSAM.LearnOptions) throws -> Concept {
        do {
            return try persam.learn(examples, negatives: negatives, options: options)
        } catch let error as PerSAMError {
            // The error knows the example, not where it came from.
            throw Failure(.unusable, code: error.code, "\(sources.joined(separator: ", ")): \(error)")
        }
    }
}
