/// What went wrong, in the form the tool reports it: an exit code for the run, a code and a message for a
/// record.
package struct Failure: Error, Equatable, CustomStringConvertible {
    package let status: ExitStatus
    /// Dotted, for programs: `image.truncated`.
    package let code: String
    /// For people: names the file, what was expected, what was found, and the fix.
    package let message: String

    package init(_ status: ExitStatus, code: String, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    package var description: String { message }

    /// The reader of our standard output has gone (`| head`): there is nobody to tell, so nothing is said.
    package static let readerGone = Failure(.output, code: "output.closed", "")

    package static let interrupted = Failure(.interrupted, code: "interrupted", "interrupted")

    package static func interrupted(after done: Int, of count: Int) -> Failure {
        Failure(
            .interrupted, code: "interrupted",
            "interrupted after \(done) of \(count) pictures; what was written is whole")
    }

    /// How a run ends in which pictures failed, the others being done.
    package static func pictures(_ failures: [Failure], of count: Int) -> Failure {
        let missing = failures.count == count && failures.allSatisfy { $0.status == .missing }
        let which =
            failures.count < count
            ? "\(failures.count) of \(count) pictures" : count == 1 ? "the picture" : "all \(count) pictures"
        return Failure(missing ? .missing : .unusable, code: "pictures", "\(which) could not be used")
    }
}
