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
    ///
    /// - Throws: `Failure`: exit code 66 where they are missing, 65 where they cannot be read or hold nothing.
    func read(_ options: AnnotationOptions, log: Logger) throws -> AnnotationReading {
        let reading: AnnotationReading
        do throws(AnnotationError) {
            reading = try LabelledSet.reading(format, at: url, options: options)
        } catch { throw failure(error, options, log) }
        let skips = if case .leaveOut = options.faults { true } else { false }
        // What --skip-bad leaves out is named even by a quiet run.
        name(reading.unreadable, atMost: skips ? .max : 10, skips ? .error : .notice, log)
        let losses = reading.notes.filter(\.isLoss).map(\.sentence)
        if reading.set.pictures.isEmpty {
            let why = losses.isEmpty ? "looked for \(format.sought)" : losses.joined(separator: "; ")
            throw Failure(
                .unusable, code: "annotations.empty",
                "\(path): expected labelled pictures, found none: \(why)")
        }
        if reading.set.objectCount == 0, !losses.isEmpty {
            throw Failure(
                .unusable, code: "annotations.empty",
                "\(path): expected labelled objects, none is left: \(losses.joined(separator: "; "))")
        }
        say(reading.notes.map(\.sentence), log)
        return reading
    }

    private func failure(_ error: AnnotationError, _ options: AnnotationOptions, _ log: Logger) -> Failure {
        switch error {
        case .several(let errors, let files, let shapes):
            name(errors, atMost: 100, .error, log)
            let some = [Self.count(files, "file"), Self.count(shapes, "label")].compactMap(\.self)
            let fate =
                options.isStrict ? "refused by --strict" : "cannot be read; --skip-bad goes on without them"
            return Failure(
                .unusable, code: error.code, "\(path): \(some.joined(separator: " and ")) \(fate)")
        case .incomplete(_, let losses):
            return Failure(
                .unusable, code: error.code,
                "\(path): refused by --strict: \(losses.joined(separator: "; "))")
        default: return Failure(error, about: .input)
        }
    }

    private static func count(_ count: Int, _ what: String) -> String? {
        count == 0 ? nil : "\(count) \(what)\(count == 1 ? "" : "s")"
    }

    /// Says of each what is wrong with it.
    private func name(
        _ errors: [AnnotationError], atMost limit: Int, _ level: Logger.Level, _ log: Logger
    ) {
        for error in errors.prefix(limit) { log.log(level: level, "\(error.description)") }
        if errors.count > limit { log.log(level: level, "and \(errors.count - limit) more") }
    }

    /// How a run ends that went on without what cannot be read.
    ///
    /// - Throws: `Failure`, exit code 65, where `--skip-bad` left something out.
    func finish(_ reading: AnnotationReading, _ options: AnnotationOptions) throws(Failure) {
        guard case .leaveOut = options.faults, !reading.unreadable.isEmpty else { return }
        throw Failure(
            .unusable, code: "annotations.skipped",
            "\(path): done without \(reading.unreadable.count) of its files and labels, which cannot be read")
    }

    /// Writes the annotations, whole or not at all, and says what the format could not hold.
    @discardableResult
    func write(_ set: LabelledSet, _ options: AnnotationOptions, log: Logger) throws -> [AnnotationNote] {
        try checkPlace()
        try OutputFolder.makeParent(ofFile: path)
        do {
            let losses = try set.writing(format, to: url, options: options)
            say(losses.map(\.sentence), log)
            return losses
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
