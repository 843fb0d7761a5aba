package import SpanielJSON
package import SpanielPlatform

/// What examples or words taught, on disk: a safetensors file whose metadata says for which task and with
/// which model. What each concept holds is its task's to say; anything may stand in a file that is read.
package struct ConceptArchive {
    /// The command that a concept was learnt for.
    package enum Task: String, CaseIterable {
        case find, segment, detect

        /// `find` came first, alone; `detect`'s second has logits in place of cosines.
        package var format: String {
            switch self {
            case .find: "spaniel-concept-1"
            case .segment: "spaniel-segment-concept-1"
            case .detect: "spaniel-detect-concept-2"
            }
        }
    }

    /// How the task's module says that a file is of no use to it.
    package typealias Refusal = (_ file: String, _ expected: String, _ found: String) -> any Error

    package let model: (name: String, sha256: String)
    /// What the metadata says of each concept.
    package let entries: [JSON]
    private let file: Safetensors
    private let refusal: Refusal

    /// - Throws: what `refusal` makes, or `WeightsError` where it is no safetensors file.
    package init(contentsOf url: URL, for task: Task, refusal: @escaping Refusal) throws {
        file = try Safetensors(contentsOf: url)
        self.refusal = refusal
        let format = file.metadata["format"]
        guard format == task.format else {
            throw refusal(
                file.path, "a concept for \(task.rawValue), format \(task.format)", Self.kind(format))
        }
        guard let name = file.metadata["model"], let digest = file.metadata["model_sha256"],
            let text = file.metadata["concepts"],
            let entries = try? JSON(parsing: Array(text.utf8)).array
        else { throw refusal(file.path, "the model's name and the classes", "damaged metadata") }
        model = (name, digest)
        self.entries = entries
    }

    /// What another format is.
    private static func kind(_ format: String?) -> String {
        guard let format else { return "another kind of file" }
        if let task = Task.allCases.first(where: { $0.format == format }) {
            return "a concept for \(task.rawValue)"
        }
        if format == "spaniel-detect-concept-1" { return "one of an earlier version" }
        return "format \(format.prefix(40))"
    }

    package func refuse(_ expected: String, _ found: String) -> any Error {
        refusal(file.path, expected, found)
    }

    /// A tensor of finite numbers; nil when it is absent.
    /// - Parameter shape: nil stands for any extent from 1.
    package func tensor(_ name: String, _ shape: [Int?]) throws -> Tensor? {
        guard let entry = file.entry(name) else { return nil }
        guard entry.shape.count == shape.count,
            zip(entry.shape, shape).allSatisfy({ $0 > 0 && $0 == $1 ?? $0 })
        else {
            throw refuse(
                "\(name) [\(shape.map { $0.map(String.init) ?? "any" }.joined(separator: ", "))]",
                "\(entry.shape)")
        }
        let tensor = try file.tensor(entry)
        guard tensor.array.allSatisfy(\.isFinite) else { throw refuse("finite numbers in \(name)", "others") }
        return tensor
    }

    /// The rows of a matrix; none when it is absent.
    package func rows(_ name: String) throws -> [Tensor] {
        guard let matrix = try tensor(name, [nil, nil]) else { return [] }
        return (0..<matrix.shape[0]).map { matrix[leading: $0] }
    }

    /// Writes concepts, whole or not at all.
    package static func write(
        _ tensors: [(String, Tensor)], _ entries: [JSON], for task: Task,
        model: (name: String, sha256: String)?, to url: URL
    ) throws {
        let metadata = [
            "format": task.format, "task": task.rawValue, "model": model?.name ?? "",
            "model_sha256": model?.sha256 ?? "",
            "concepts": JSON.array(entries).text(),
        ]
        try Safetensors.write(tensors, metadata: metadata, to: url)
    }
}
