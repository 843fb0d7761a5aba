package import Logging

/// Writes a message to standard error, on one line that begins with the tool's name.
///
/// The level, metadata, source and time of a message are not shown: people read these lines, and programs
/// read standard output.
package struct MessageHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    private let output = StandardError()

    package init(logLevel: Logger.Level) { self.logLevel = logLevel }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) { output.write("spaniel: \(event.message.description.onOneLine)\n") }
}

extension Logger {
    /// The tool's messages: errors, notices of what the user should know, and what only `--verbose` tells
    /// (debug).
    ///
    /// - Parameter quiet: whether errors alone are written.
    package init(quiet: Bool = false, verbose: Bool = false) {
        let level: Level = quiet ? .error : verbose ? .debug : .notice
        self.init(label: "spaniel") { _ in MessageHandler(logLevel: level) }
    }
}
