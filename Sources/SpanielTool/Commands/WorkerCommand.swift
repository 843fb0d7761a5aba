import ArgumentParser
import SpanielJSON

/// `spaniel worker`: JSON lines in, JSON lines out, for batch engines.
struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract:
            "Answers JSON lines on standard input with JSON lines on standard output, for batch engines.",
        usage: """
            spaniel worker --task find --precision float32 --example [CLASS=]IMG#MASK …
            spaniel worker --task mask --precision float32 [--everything]
            spaniel worker --task segment|detect --precision float32 --text [CLASS=]WORDS …
            """,
        discussion: """
            A line in: {"id": 7, "path": "photos/1.jpg"}, or "bytes_b64" with the file itself in base64. For mask a line may also hold \
            "points": [[X, Y], …], "background_points" and "box": [X1, Y1, X2, Y2]; for segment and detect "texts": ["[CLASS=]WORDS", …]. \
            They stand in place of what the command line asks.

            A line out for each, in the same order: the record of --json with the id, "ok" and no times, or \
            {"id": 7, "ok": false, "error": {"code": …, "message": …}}. A bad picture or line is such a record; the exit code is 0 when \
            every line got its answer. An answer depends on its line alone, not on the others or on --threads.

            --resume writes the answers to a file instead, and after a kill the same command with the same lines goes on where it stopped: \
            the file is then what one undisturbed run would have written. FILE.resume beside it says which run it is of. --isolate works in \
            a process of its own: a picture that ends it is tried three times, and then is a record too (worker.died).

            Every option of the task's own command that changes what is found works here too: spaniel find --help. --precision must be said, \
            so that all machines compute the same.
            """)

    private static let tasks: [TaskName] = [.find, .mask, .segment, .detect]

    @Option(
        help: ArgumentHelp("What is done with each picture.", valueName: "find|mask|segment|detect"),
        completion: .list(tasks.map(\.rawValue)), transform: { try TaskName(parsing: $0, among: tasks) })
    var task: TaskName

    @Option(
        help: ArgumentHelp(
            "Write the answers here, and go on where the same command stopped.", valueName: "answers.jsonl"))
    var resume: String?

    @Flag(help: "Work in a process of its own, so that a picture that ends it costs one answer.")
    var isolate = false

    /// Of the process that `--isolate` starts: its first line says what it runs.
    @Flag(help: .hidden)
    var isIsolated = false

    @Argument(parsing: .allUnrecognized, help: ArgumentHelp("The task's own options.", valueName: "options"))
    var options: [String] = []

    func run() throws {
        let command = try Self.command(task, options)
        try command.output.check()
        if let resume { try OutputFolder.checkParent(ofFile: resume) }
        let lines = LineReader(limit: WorkerLine.byteLimit)
        if isolate {
            let worker = IsolatedWorker(["worker", "--is-isolated", "--task", task.rawValue] + options)
            defer { worker.end() }
            let file = try answerFile(of: worker.start(), command)
            try WorkerRun(writingTo: file, worker.answer)(lines)
            return worker.finish()
        }
        let work = LineWork(try command.load())
        let description = work.run.json(options)
        if isIsolated { try StandardOutput().write(description.text() + "\n") }
        let file = try answerFile(of: description, command)
        do { try WorkerRun(writingTo: file) { try work.answer($0).text() }(lines) } catch let failure
            as Failure
            where isIsolated && failure.status == .interrupted
        {
            // The process that started this one says it.
            throw Failure(.interrupted, code: failure.code, "")
        }
    }

    /// The file of `--resume`.
    private func answerFile(of run: JSON, _ command: any PictureCommand) throws -> AnswerFile? {
        try resume.map { try AnswerFile($0, of: run, cleaning: [command.output.cache].compactMap(\.self)) }
    }

    /// The task's command as its own options make it, its pictures being those of the lines.
    private static func command(_ task: TaskName, _ options: [String]) throws -> any PictureCommand {
        guard
            let command = try SpanielCommand.parseAsRoot([task.rawValue, PictureArguments.ofLines] + options)
                as? any PictureCommand
        else {
            throw UsageError(
                "\(options.joined(separator: " ")): these are no options of spaniel \(task.rawValue)")
        }
        if let picture = command.pictures.images.dropFirst().first {
            throw UsageError(
                "a worker's pictures come on standard input, as {\"path\": …}; leave out \(picture)")
        }
        var elsewhere = command.ownFolders.map(\.option)
        if command.output.out != nil { elsewhere.append("--out") }
        if !command.export.export.isEmpty { elsewhere.append("--export") }
        guard elsewhere.isEmpty else {
            throw UsageError(
                "\(elsewhere.joined(separator: ", ")): a worker writes answers only, on standard output")
        }
        guard command.model.precision != .auto else {
            throw UsageError(
                "say which --precision: every machine that does a part of the work must use the same; write float32, or bfloat16 where all have it"
            )
        }
        return command
    }
}
