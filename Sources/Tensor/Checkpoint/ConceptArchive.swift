package import SpanielJSON
package import SpanielPlatform

/// A file of concepts learnt from examples or words: a safetensors file whose metadata names the task and the
/// model. The task defines what each concept holds; a file that is read may contain anything.
package struct ConceptArchive {
    /// The mark in a file that holds one kind of concept.
    package struct Format: Sendable {
        /// The mark itself, such as `spaniel-concept-1`, which files are written with.
        package let name: String
        /// The marks of earlier versions that are read as well.
        package let earlier: [String]
        /// What the concepts are for: `find`, `segment` or `detect`.
        package let purpose: String

        /// Creates a format from its mark and its purpose.
        package init(_ name: String, earlier: [String] = [], for purpose: String) {
            (self.name, self.earlier, self.purpose) = (name, earlier, purpose)
        }
    }

    /// The model that the concepts were learnt with.
    package let model: ModelIdentity
    /// The metadata of each concept.
    package let entries: [JSON]
    private let file: Safetensors

    /// Opens a file of concepts.
    /// - Throws: `ConceptError.file` if it is of another format or damaged, or `WeightsError` if it is no
    ///   safetensors file.
    package init(contentsOf url: URL, in format: Format) throws {
        file = try Safetensors(contentsOf: url)
        let metadata = file.metadata
        guard let mark = metadata["format"], mark == format.name || format.earlier.contains(mark) else {
            throw ConceptError.file(
                file: file.path, expected: "a concept for \(format.purpose), format \(format.name)",
                found: Self.kind(metadata, wanted: format))
        }
        guard let name = metadata["model"], let digest = metadata["model_sha256"],
            let text = metadata["concepts"],
            let entries = try? JSON(parsing: Array(text.utf8)).array
        else {
            throw ConceptError.file(
                file: file.path, expected: "the model's name and the classes", found: "damaged metadata")
        }
        model = ModelIdentity(
            name: name, sha256: digest,
            precision: metadata["precision"].flatMap(Tensor.Precision.init))
        self.entries = entries
    }

    /// Names the format of another file.
    private static func kind(_ metadata: [String: String], wanted: Format) -> String {
        guard let format = metadata["format"] else { return "another kind of file" }
        if let purpose = purpose(metadata) {
            return purpose == wanted.purpose
                ? "one of an earlier version" : "a concept for \(purpose.prefix(20))"
        }
        return "format \(format.prefix(40))"
    }

    /// Returns what the concepts of a file are for, by its format: `spaniel-detect-concept-2` is for
    /// `detect`, and `spaniel-concept-1`, the first there was, for `find`.
    package static func purpose(_ metadata: [String: String]) -> String? {
        let parts = (metadata["format"] ?? "").split(separator: "-")
        guard parts.first == "spaniel", parts.dropLast().last == "concept" else { return nil }
        return parts.count == 3 ? "find" : parts.count == 4 ? String(parts[1]) : nil
    }

    /// Returns the error for this file.
    package func refuse(_ expected: String, _ found: String) -> any Error {
        ConceptError.file(file: file.path, expected: expected, found: found)
    }

    /// Reads a tensor of finite numbers, or nil if it is absent.
    /// - Parameter shape: its extents, of which nil means any extent from 1.
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

    /// Reads the rows of a matrix, or none if it is absent.
    package func rows(_ name: String) throws -> [Tensor] {
        guard let matrix = try tensor(name, [nil, nil]) else { return [] }
        return (0..<matrix.shape[0]).map { matrix[leading: $0] }
    }

    /// Writes concepts, the whole file or nothing.
    package static func write(
        _ tensors: [(String, Tensor)], _ entries: [JSON], in format: Format,
        model: ModelIdentity?, to url: URL
    ) throws {
        var metadata = [
            "format": format.name, "task": format.purpose, "model": model?.name ?? "",
            "model_sha256": model?.sha256 ?? "",
            "concepts": JSON.array(entries).text(),
        ]
        metadata["precision"] = model?.precision?.rawValue
        try Safetensors.write(tensors, metadata: metadata, to: url)
    }
}
