/// What went wrong, in the form the tool reports it: an exit code for the run, a code and a message for a record.
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
}
