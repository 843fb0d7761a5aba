package import GRDB
package import SpanielAnnotations
import SpanielImaging

/// A class of objects, as its owner set it up.
package struct ClassRecord: ProjectRecord {
    package static let table = ProjectTable.classes
    static package let columns = [
        "name", "color", "key", "place", "threshold", "learned", "usesLearned",
    ]
    package var id: Int64
    package var version: Int64 = 0
    package var name: String
    package var color: String
    /// The number key, "1" to "9".
    package var key: String?
    /// Where it stands among the classes.
    package var place: Int64
    /// nil: the default of what it is found by.
    package var threshold: Double?
    /// The linear head as JSON; nil if none was learnt.
    package var learned: String?
    package var usesLearned = false

    package init(id: Int64, name: String, color: String, key: String?, place: Int64) {
        (self.id, self.name, self.color, self.key, self.place) = (id, name, color, key, place)
    }

    package init(id: Int64, version: Int64, _ values: RowValues) throws {
        self.init(
            id: id, name: try values.text("name"), color: try values.text("color"),
            key: try values.optionalText("key"), place: try values.int("place"))
        self.version = version
        threshold = try values.optionalDouble("threshold")
        learned = try values.optionalText("learned")
        usesLearned = try values.bool("usesLearned")
    }

    package var values: [DatabaseValue] {
        [
            name.databaseValue, color.databaseValue, key.databaseValue, place.databaseValue,
            threshold.databaseValue, learned.databaseValue, usesLearned.databaseValue,
        ]
    }
}

/// What a class is looked for by: words, or an example in one of the pictures.
package struct PromptRecord: ProjectRecord {
    package static let table = ProjectTable.prompts
    static package let columns = [
        "class", "kind", "text", "picture", "shape", "negative", "enabled", "choice",
    ]
    package enum Kind: String, Sendable { case words, example }

    package var id: Int64
    package var version: Int64 = 0
    package var classID: Int64
    package var kind: Kind
    package var text: String?
    package var picture: Int64?
    /// What was drawn, of an example.
    package var shape: StoredShape?
    package var negative = false
    package var enabled = true
    /// Which of the patches that may be meant was chosen; nil leaves it to the model.
    package var choice: Int64?

    package init(id: Int64, classID: Int64, words: String, negative: Bool = false) {
        (self.id, self.classID, kind, text, self.negative) = (id, classID, .words, words, negative)
    }

    package init(
        id: Int64, classID: Int64, picture: Int64, shape: StoredShape, negative: Bool = false
    ) {
        (self.id, self.classID, kind, self.picture) = (id, classID, .example, picture)
        (self.shape, self.negative) = (shape, negative)
    }

    package init(id: Int64, version: Int64, _ values: RowValues) throws {
        self.id = id
        self.version = version
        classID = try values.int("class")
        guard let kind = Kind(rawValue: try values.text("kind")) else {
            throw RecordProblem(description: "another kind of prompt")
        }
        self.kind = kind
        text = try values.optionalText("text")
        picture = try values.optionalInt("picture")
        shape = try values.optionalText("shape").map { try StoredShape(text: $0) }
        negative = try values.bool("negative")
        enabled = try values.bool("enabled")
        choice = try values.optionalInt("choice")
        guard kind == .words ? text != nil : picture != nil && shape != nil else {
            throw RecordProblem(description: "a prompt without what it says")
        }
    }

    package var values: [DatabaseValue] {
        [
            classID.databaseValue, kind.rawValue.databaseValue, text.databaseValue, picture.databaseValue,
            (shape?.text).databaseValue, negative.databaseValue, enabled.databaseValue, choice.databaseValue,
        ]
    }
}

/// A labelled object.
package struct AnnotationRecord: ProjectRecord {
    package static let table = ProjectTable.annotations
    static package let columns = [
        "picture", "class", "shape", "score", "provenance", "suggestion", "crowd",
    ]
    package var id: Int64
    package var version: Int64 = 0
    package var picture: Int64
    package var classID: Int64
    package var shape: StoredShape
    package var score: Double?
    /// As `LabelledObject.Provenance` writes it.
    package var provenance: LabelledObject.Provenance
    /// The suggestion that it came from.
    package var suggestion: Int64?
    package var isCrowd = false

    package init(
        id: Int64, picture: Int64, classID: Int64, shape: StoredShape, score: Double? = nil,
        provenance: LabelledObject.Provenance = .human, suggestion: Int64? = nil, isCrowd: Bool = false
    ) {
        (self.id, self.picture, self.classID, self.shape) = (id, picture, classID, shape)
        (self.score, self.provenance, self.suggestion) = (score, provenance, suggestion)
        self.isCrowd = isCrowd
    }

    package init(id: Int64, version: Int64, _ values: RowValues) throws {
        guard let provenance = LabelledObject.Provenance(text: try values.text("provenance")) else {
            throw RecordProblem(description: "another provenance")
        }
        self.init(
            id: id, picture: try values.int("picture"), classID: try values.int("class"),
            shape: try StoredShape(text: try values.text("shape")),
            score: try values.optionalDouble("score"), provenance: provenance,
            suggestion: try values.optionalInt("suggestion"), isCrowd: try values.bool("crowd"))
        self.version = version
    }

    package var values: [DatabaseValue] {
        [
            picture.databaseValue, classID.databaseValue, shape.text.databaseValue, score.databaseValue,
            provenance.text.databaseValue, suggestion.databaseValue, isCrowd.databaseValue,
        ]
    }
}

/// What a model proposed: decided upon, or of a search that takes too long to be made again.
package struct SuggestionRecord: ProjectRecord {
    package static let table = ProjectTable.suggestions
    static package let columns = [
        "picture", "class", "shape", "score", "state", "task", "model", "prompt", "patch",
    ]
    package enum State: String, Sendable { case open, accepted, rejected }

    package var id: Int64
    package var version: Int64 = 0
    package var picture: Int64
    package var classID: Int64
    package var shape: StoredShape
    package var score: Double
    package var state: State
    /// "detect" or "find".
    package var task: String
    /// The model's name and the start of its checksum.
    package var model: String
    /// The prompt that fitted best.
    package var prompt: Int64?
    /// The number of the patch, of a detection.
    package var patch: Int64?

    package init(
        id: Int64, picture: Int64, classID: Int64, shape: StoredShape, score: Double, state: State,
        task: String, model: String, prompt: Int64? = nil, patch: Int64? = nil
    ) {
        (self.id, self.picture, self.classID, self.shape) = (id, picture, classID, shape)
        (self.score, self.state, self.task, self.model) = (score, state, task, model)
        (self.prompt, self.patch) = (prompt, patch)
    }

    package init(id: Int64, version: Int64, _ values: RowValues) throws {
        guard let state = State(rawValue: try values.text("state")) else {
            throw RecordProblem(description: "another state of a suggestion")
        }
        self.init(
            id: id, picture: try values.int("picture"), classID: try values.int("class"),
            shape: try StoredShape(text: try values.text("shape")), score: try values.double("score"),
            state: state, task: try values.text("task"), model: try values.text("model"),
            prompt: try values.optionalInt("prompt"), patch: try values.optionalInt("patch"))
        self.version = version
    }

    package var values: [DatabaseValue] {
        [
            picture.databaseValue, classID.databaseValue, shape.text.databaseValue, score.databaseValue,
            state.rawValue.databaseValue, task.databaseValue, model.databaseValue, prompt.databaseValue,
            patch.databaseValue,
        ]
    }
}

/// Whether all objects of a picture are labelled; its id is the picture's.
package struct ReviewRecord: ProjectRecord {
    package static let table = ProjectTable.reviews
    static package let columns = ["reviewed"]
    package var id: Int64
    package var version: Int64 = 0
    package var reviewed: Bool

    package init(picture: Int64, reviewed: Bool) { (id, self.reviewed) = (picture, reviewed) }

    package init(id: Int64, version: Int64, _ values: RowValues) throws {
        (self.id, self.version) = (id, version)
        reviewed = try values.bool("reviewed")
    }

    package var values: [DatabaseValue] { [reviewed.databaseValue] }
}
