package import SpanielImaging

/// A picture of the folder, as far as it is known; the history does not cover it.
package struct PictureRecord: Sendable, Equatable {
    package var id: Int64
    /// The path inside the folder.
    package var path: String
    /// The SHA-256 of the file's bytes; nil until it was read.
    package var content: String?
    /// The size as displayed.
    package var size: Size?
    package var bytes: Int64
    /// When the file was last changed, in nanoseconds.
    package var modified: Int64
    /// The perceptual hash; nil until the picture was decoded.
    package var look: UInt64?
    /// Why it cannot be used.
    package var problem: Problem?
    /// Whether the file has gone.
    package var isMissing = false

    package struct Problem: Sendable, Equatable {
        package var code: String
        package var message: String

        package init(code: String, message: String) { (self.code, self.message) = (code, message) }
    }

    package init(id: Int64, path: String, bytes: Int64, modified: Int64) {
        (self.id, self.path, self.bytes, self.modified) = (id, path, bytes, modified)
    }
}

/// Everything that a project file holds, in memory; rows change by `apply` alone, whatever the reason.
package struct ProjectState: Sendable, Equatable {
    package var revision: Int64 = 0
    package var pictures: [Int64: PictureRecord] = [:]
    package private(set) var classes: [Int64: ClassRecord] = [:]
    package private(set) var prompts: [Int64: PromptRecord] = [:]
    package private(set) var annotations: [Int64: AnnotationRecord] = [:]
    package private(set) var suggestions: [Int64: SuggestionRecord] = [:]
    package private(set) var reviews: [Int64: ReviewRecord] = [:]
    /// The annotations of each picture, in the order of their ids.
    package private(set) var annotationsOfPicture: [Int64: [Int64]] = [:]
    /// The suggestions of each picture that are kept.
    package private(set) var suggestionsOfPicture: [Int64: [Int64]] = [:]

    package init() {}

    /// Puts a row in its place, or takes it away.
    mutating func apply(_ table: ProjectTable, id: Int64, _ row: (any ProjectRecord)?) {
        switch table {
        case .classes: classes[id] = row as? ClassRecord
        case .prompts: prompts[id] = row as? PromptRecord
        case .reviews: reviews[id] = row as? ReviewRecord
        case .annotations:
            Self.note(
                &annotationsOfPicture, id, annotations[id]?.picture, (row as? AnnotationRecord)?.picture)
            annotations[id] = row as? AnnotationRecord
        case .suggestions:
            Self.note(
                &suggestionsOfPicture, id, suggestions[id]?.picture, (row as? SuggestionRecord)?.picture)
            suggestions[id] = row as? SuggestionRecord
        }
    }

    private static func note(
        _ places: inout [Int64: [Int64]], _ id: Int64, _ before: Int64?, _ after: Int64?
    ) {
        if let before, before != after {
            places[before]?.removeAll { $0 == id }
            if places[before]?.isEmpty == true { places[before] = nil }
        }
        if let after, before != after {
            var list = places[after] ?? []
            list.insert(id, at: list.firstIndex { $0 > id } ?? list.count)
            places[after] = list
        }
    }

    package func row(_ table: ProjectTable, _ id: Int64) -> (any ProjectRecord)? {
        switch table {
        case .classes: classes[id]
        case .prompts: prompts[id]
        case .annotations: annotations[id]
        case .suggestions: suggestions[id]
        case .reviews: reviews[id]
        }
    }

    /// The classes in the order in which a trainer numbers them.
    package var orderedClasses: [ClassRecord] {
        classes.values.sorted { ($0.place, $0.id) < ($1.place, $1.id) }
    }

    package func prompts(of classID: Int64) -> [PromptRecord] {
        prompts.values.filter { $0.classID == classID }.sorted { $0.id < $1.id }
    }

    package func annotations(in picture: Int64) -> [AnnotationRecord] {
        (annotationsOfPicture[picture] ?? []).compactMap { annotations[$0] }
    }

    package func suggestions(in picture: Int64) -> [SuggestionRecord] {
        (suggestionsOfPicture[picture] ?? []).compactMap { suggestions[$0] }
    }

    package func isReviewed(_ picture: Int64) -> Bool { reviews[picture]?.reviewed ?? false }

    /// The pictures in the byte order of their paths.
    package var orderedPictures: [PictureRecord] {
        pictures.values.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }
}
