import ArgumentParser
import Logging
package import SpanielAnnotations
import SpanielFiles
package import SpanielPlatform

/// Annotations on the command line: `FORMAT:PATH`.
package struct AnnotationArgument: Sendable, Equatable {
    package let format: AnnotationFormat
    package let path: String

    /// Every format with what its path is, for messages.
    package static let forms = AnnotationFormat.allCases.map {
        "\($0.rawValue):\($0.isFolder ? "FOLDER" : "FILE")"
    }

    package init(parsing text: String) throws(UsageError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let format = AnnotationFormat(rawValue: String(parts[0])) else {
            throw UsageError(
                "\"\(text)\" is not FORMAT:PATH with a format that is known; write one of \(Self.forms.joined(separator: ", "))"
            )
        }
        guard !parts[1].isEmpty else { throw UsageError("\"\(text)\" names nothing behind the colon") }
        self.format = format
        path = String(parts[1])
    }

    package var url: URL { URL(filePath: path) }

    /// Reads the annotations and says what could not be taken over.
    func read(_ options: AnnotationOptions, log: Logger) throws -> LabelledSet {
        do {
            let (set, losses) = try LabelledSet.read(format, at: url, options: options)
            say(losses, log)
            return set
        } catch { throw Failure(error, about: .input) }
    }

    /// Writes the annotations, whole or not at all, and says what the format could not hold.
    func write(_ set: LabelledSet, _ options: AnnotationOptions, log: Logger) throws {
        try checkPlace()
        try OutputFolder.makeParent(ofFile: path)
        do {
            let losses = try set.write(format, to: url, options: options)
            say(losses, log)
        } catch { throw Failure(error, about: .output) }
    }

    /// Finds out whether the place can be written to.
    ///
    /// - Throws: `Failure`, exit code 73.
    func checkPlace() throws(Failure) {
        if format.isFolder {
            try OutputFolder.check(path)
        } else {
            try OutputFolder.checkParent(ofFile: path)
        }
    }

    private func say(_ losses: [String], _ log: Logger) {
        for loss in losses { log.notice("\(path): \(loss)") }
    }
}
