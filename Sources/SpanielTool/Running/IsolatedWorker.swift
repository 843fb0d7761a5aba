import SpanielHub
import SpanielJSON
import SpanielPlatform

/// A worker in a process of its own, for `worker --isolate`: a picture that ends the process costs one answer.
///
/// The process says first what it runs, and then answers line by line. Where it ends by a signal the line is
/// given to another one; at the third time its answer is an error. Where it exits by itself it has said why,
/// and would do so again: that ends the run.
final class IsolatedWorker {
    private let program: String
    private let arguments: [String]
    private var process: ChildProcess?
    private var answers = LineReader(limit: 0)

    /// As often as a line is tried: what ends a process may have nothing to do with the picture.
    private static let attempts = 3
    private static let answerLimit = 1 << 30

    /// - Parameter arguments: those of the worker in the process.
    init(_ arguments: [String]) {
        program = Environment.runningExecutable()?.path(percentEncoded: false) ?? CommandLine.arguments[0]
        self.arguments = arguments
    }

    /// Starts the process.
    ///
    /// - Returns: what it runs.
    func start() throws -> JSON {
        for _ in 0..<Self.attempts {
            if let description = try startOnce() { return description }
        }
        throw Self.diedAtStart
    }

    func answer(_ line: LineReader.Line) throws -> String {
        guard case .bytes(let bytes) = line else { return LineWork.tooLong.text() }
        for _ in 0..<Self.attempts {
            if process == nil { _ = try start() }
            if process?.write(bytes + [UInt8(ascii: "\n")]) == true, let answer = try next() {
                return String(decoding: answer, as: UTF8.self)
            }
            try bury()
        }
        let json = try? JSON(parsing: bytes, depthLimit: WorkerLine.depthLimit)
        let message = "the process that worked on it ended \(Self.attempts) times; try this picture alone"
        return LineWork.failed(
            WorkerLine.id(of: json), json?["path"]?.string,
            Failure(.unusable, code: "worker.died", message)
        ).text()
    }

    /// Lets the process end, as there are no more lines.
    func finish() {
        process?.closeInput()
        _ = process?.ending
    }

    /// Ends the process, whatever it does.
    func end() { process?.end() }

    /// - Returns: nil when the process was ended by a signal.
    private func startOnce() throws -> JSON? {
        let process = try ChildProcess(program, arguments)
        self.process = process
        answers = LineReader(descriptor: process.output, limit: Self.answerLimit)
        if let line = try next(), let description = try? JSON(parsing: line) { return description }
        try bury()
        return nil
    }

    /// A whole line of the process; nil when it has ended.
    private func next() throws -> [UInt8]? {
        guard case .bytes(let line)? = try answers.next(), answers.isWhole else { return nil }
        return line
    }

    /// - Throws: `Failure` when the process was not ended by a signal.
    private func bury() throws {
        process?.closeInput()
        guard case .exit(let code)? = process?.ending else { return process = nil }
        process = nil
        // It has said why.
        throw Failure(ExitStatus(rawValue: code) ?? .fault, code: "worker.exit", "")
    }

    private static let diedAtStart = Failure(
        .fault, code: "worker.died",
        "the worker's process was ended by a signal \(attempts) times before it could be sent a line; is there memory for the model?"
    )
}
