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
        case let error as InstructionSetError: self.init(.usage, code: error.code, error.description)
        case is CancellationError: self = .interrupted
        case let error as ImagingError:
            self.init(Self.status(error, subject), code: error.code, error.description)
        case let error as FileError:
            self.init(Self.status(error, subject), code: error.code, error.description)
        case let error as WeightsError:
            self.init(Self.status(error, subject), code: error.code, error.description)
        case let error as AnnotationError:
            if case .file(let error) = error {
                self.init(error, about: subject)
            } else {
                self.init(.unusable, code: error.code, error.description)
            }
        case let error as HubError:
            if case .missing = error {
                self.init(.missing, code: error.code, error.description)
            } else {
                self.init(.weights, code: error.code, error.description)
            }
        case let error as SAMError: self.init(.unusable, code: error.code, error.description)
        case let error as PerSAMError: self.init(.unusable, code: error.code, error.description)
        case let error as ViTError: self.init(.unusable, code: error.code, error.description)
        case let error as CLIPError:
            if case .file(let error) = error {
                self.init(error, about: subject)
            } else {
                self.init(error == .textEmpty ? .usage : .unusable, code: error.code, error.description)
            }
        case let error as CLIPSegError: self.init(.unusable, code: error.code, error.description)
        case let error as OWLViTError: self.init(.unusable, code: error.code, error.description)
        case let error as RLEError: self.init(.unusable, code: error.code, error.description)
        default: self.init(.fault, code: "internal", "\(error) (this should not happen; please report it)")
        }
    }

    private static func status(_ error: ImagingError, _ subject: Subject) -> ExitStatus {
        if case .missing = error { .missing } else { .unusable }
    }

    private static func status(_ error: WeightsError, _ subject: Subject) -> ExitStatus {
        if case .file(let error) = error { status(error, subject) } else { .unusable }
    }

    private static func status(_ error: FileError, _ subject: Subject) -> ExitStatus {
        switch error {
        case .unwritable: .output
        case .missing: subject == .output ? .output : .missing
        default: subject == .output ? .output : .unusable
        }
    }
}
