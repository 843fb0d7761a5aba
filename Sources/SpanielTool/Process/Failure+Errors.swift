import Spaniel
import SpanielAnnotations
import SpanielFiles
import SpanielHub
import Tensor

extension Failure {
    /// What an error is about, which decides how it counts.
    package enum Subject: Sendable {
        /// One of the pictures to work on: it gets an error record and the run goes on.
        case picture
        /// An example, a mask, a concept or a model: without it there is no run.
        case input
        /// A file to write.
        case output
    }

    /// The failure an error of any module amounts to.
    package init(_ error: any Error, about subject: Subject) {
        switch error {
        case let failure as Failure: self = failure
        case let error as UsageError: self.init(.usage, code: "usage", error.description)
        case is CancellationError: self = .interrupted
        case AnnotationError.file(let error): self.init(error, about: subject)
        case CLIPError.file(let error): self.init(error, about: subject)
        case let error as any SpanielError:
            let hint = Self.hint(error) ?? ""
            self.init(Self.status(error, subject), code: error.code, error.description + hint)
        default: self.init(.fault, code: "internal", "\(error) (this should not happen; please report it)")
        }
    }

    private static func status(_ error: any SpanielError, _ subject: Subject) -> ExitStatus {
        switch error {
        case let error as FileError: status(error, subject)
        case WeightsError.file(let error): status(error, subject)
        case ImagingError.missing, HubError.missing: .missing
        case HubError.setting, HubError.name, HubError.revision: .usage
        case HubError.noRoom: .output
        case HubError.file(let error): status(error, .output)
        case is HubError: .weights
        case is InstructionSetError, CLIPError.textEmpty: .usage
        default: .unusable
        }
    }

    /// The option or command that helps: libraries do not know the tool's.
    private static func hint(_ error: any SpanielError) -> String? {
        switch error {
        case PerSAMError.noCell, PerSAMError.originalModel: " (leave out --faithful)"
        case PerSAMError.conceptWeights: " (without --fine-tune)"
        case OWLViTError.exampleUnseen: " (leave out --selection iou)"
        case HubError.notFetched(let id, _, _): "; fetch it with: spaniel weights pull \(id)"
        default: nil
        }
    }

    private static func status(_ error: FileError, _ subject: Subject) -> ExitStatus {
        switch error {
        case .unwritable: .output
        case .missing: subject == .output ? .output : .missing
        default: subject == .output ? .output : .unusable
        }
    }
}
