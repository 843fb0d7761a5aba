package import GRDB
import SpanielJSON

/// A row of the project file whose every change can be taken back.
package protocol ProjectRecord: Sendable, Equatable {
    static var table: ProjectTable { get }
    /// The columns beside `id` and `version`.
    static var columns: [String] { get }
    var id: Int64 { get set }
    /// The project's revision when the row was last changed; it never goes back, not even by undo.
    var version: Int64 { get set }
    /// The values of the columns, in their order.
    var values: [DatabaseValue] { get }
    /// - Throws: `RecordProblem` when the values are not such a row's.
    init(id: Int64, version: Int64, _ values: RowValues) throws
}

/// The tables that the history covers.
package enum ProjectTable: String, Sendable, CaseIterable {
    case classes = "class"
    case prompts = "prompt"
    case annotations = "annotation"
    case suggestions = "suggestion"
    case reviews = "review"

    var type: any ProjectRecord.Type {
        switch self {
        case .classes: ClassRecord.self
        case .prompts: PromptRecord.self
        case .annotations: AnnotationRecord.self
        case .suggestions: SuggestionRecord.self
        case .reviews: ReviewRecord.self
        }
    }
}

/// A value of a row that is none of its column.
package struct RecordProblem: Error, CustomStringConvertible {
    package let description: String
}

/// The values of one row by their columns.
package struct RowValues {
    let table: ProjectTable
    let columns: [String]
    let values: [DatabaseValue]

    private func value(_ column: String) throws -> DatabaseValue {
        guard let place = columns.firstIndex(of: column), place < values.count else {
            throw RecordProblem(description: "no \(column) in a row of \(table.rawValue)")
        }
        return values[place]
    }

    private func wrong(_ column: String) -> RecordProblem {
        RecordProblem(description: "another kind of \(column) in a row of \(table.rawValue)")
    }

    func text(_ column: String) throws -> String {
        guard case .string(let text) = try value(column).storage else { throw wrong(column) }
        return text
    }

    func optionalText(_ column: String) throws -> String? {
        try value(column).isNull ? nil : text(column)
    }

    func int(_ column: String) throws -> Int64 {
        guard case .int64(let number) = try value(column).storage else { throw wrong(column) }
        return number
    }

    func optionalInt(_ column: String) throws -> Int64? { try value(column).isNull ? nil : int(column) }

    func bool(_ column: String) throws -> Bool { try int(column) != 0 }

    func double(_ column: String) throws -> Double {
        switch try value(column).storage {
        case .double(let number): return number
        case .int64(let number): return Double(number)
        default: throw wrong(column)
        }
    }

    func optionalDouble(_ column: String) throws -> Double? {
        try value(column).isNull ? nil : double(column)
    }
}

extension DatabaseValue {
    /// The value as JSON, for the history; floating-point numbers say that they are some.
    var json: JSON {
        switch storage {
        case .null: .null
        case .int64(let number): JSON(number)
        case .double(let number): ["real": JSON(number)]
        case .string(let text): JSON(text)
        case .blob: .null
        }
    }

    init(json: JSON) throws {
        switch json {
        case .null: self = .null
        case .string(let text): self = text.databaseValue
        case .number:
            guard let number = json.int else { throw RecordProblem(description: "a number of the history") }
            self = Int64(number).databaseValue
        case .object:
            guard let number = json["real"]?.double else {
                throw RecordProblem(description: "a number of the history")
            }
            self = number.databaseValue
        default: throw RecordProblem(description: "a value of the history")
        }
    }
}
