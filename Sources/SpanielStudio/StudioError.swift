import SpanielFiles
import SpanielPlatform

/// What the labelling page cannot do, with the status that the browser gets.
package enum StudioError: SpanielError, Equatable {
    /// The project file is none, or damaged; nothing was changed.
    case damaged(path: String, found: String)
    /// A newer version of this program wrote the project file.
    case newer(path: String, found: Int, known: Int)
    /// Another process has the project open.
    case inUse(path: String)
    /// The project file cannot be opened or created.
    case file(path: String, problem: String)
    /// The disk is full or the file cannot be written; what was asked for did not happen.
    case notSaved(problem: String)
    /// There is no such thing.
    case unknown(String)
    /// A value of a request is not as it should be.
    case value(name: String, expected: String, found: String)
    /// Something was changed meanwhile.
    case changed(String)
    /// A request needs `If-Match` and has none.
    case noVersion
    /// There is nothing to take back, or to do again.
    case nothing(String)
    /// Too few decisions to learn from.
    case few(code: String, String)
    /// No model for it is there.
    case noModel(String)
    /// Too much is asked for at once.
    case busy
    /// A picture cannot be used.
    case picture(code: String, String)
    /// The folder of pictures cannot be read.
    case folder(path: String, problem: String)

    package var code: String {
        switch self {
        case .damaged: "project.damaged"
        case .newer: "project.newer"
        case .inUse: "project.in-use"
        case .file: "project.file"
        case .notSaved: "disk.full"
        case .unknown: "unknown"
        case .value: "request.value"
        case .changed: "changed"
        case .noVersion: "request.if-match"
        case .nothing: "history.end"
        case .few(let code, _): code
        case .noModel: "model.none"
        case .busy: "busy"
        case .picture(let code, _): code
        case .folder: "folder.unreadable"
        }
    }

    package var description: String {
        switch self {
        case .damaged(let path, let found):
            "\(path): expected a project of the labelling page, found \(found); nothing was changed. "
                + "Name another project file, or restore this one from a copy"
        case .newer(let path, let found, let known):
            "\(path): the project has version \(found), and this program knows versions up to \(known); "
                + "use a newer spaniel. Nothing was changed"
        case .inUse(let path): "\(path): another process has this project open; end that one first"
        case .file(let path, let problem): "\(path): the project file cannot be opened or written: \(problem)"
        case .notSaved(let problem):
            "The last change was not saved: \(problem). Nothing else is lost; free some space and do it again"
        case .unknown(let what): "There is no such \(what); it may have been deleted meanwhile"
        case .value(let name, let expected, let found): "\(name): expected \(expected), found \(found)"
        case .changed(let what):
            "\(what) was changed meanwhile, in another tab perhaps; look at it and try again"
        case .noVersion: "The request has no If-Match with the version that it changes"
        case .nothing(let what): what
        case .few(_, let sentence): sentence
        case .noModel(let sentence): sentence
        case .busy: "Two pictures are being worked on already; try again in a moment"
        case .picture(_, let sentence): sentence
        case .folder(let path, let problem): "\(path): the folder cannot be read: \(problem)"
        }
    }

    /// The HTTP status.
    package var status: Int {
        switch self {
        case .unknown: 404
        case .changed: 409
        case .noVersion: 428
        case .busy: 503
        case .notSaved: 507
        case .damaged, .newer, .inUse, .file, .folder: 500
        case .value, .nothing, .few, .noModel, .picture: 422
        }
    }
}
