import ArgumentParser

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

            Every option of the task's own command that changes what is found works here too: spaniel find --help. --precision must be said, \
            so that all machines compute the same.
            """)

    private static let tasks: [TaskName] = [.find, .mask, .segment, .detect]

    @Option(
        help: ArgumentHelp("What is done with each picture.", valueName: "find|mask|segment|detect"),
        completion: .list(tasks.map(\.rawValue)), transform: { try TaskName(parsing: $0, among: tasks) })
    var task: TaskName

    @Argument(parsing: .allUnrecognized, help: ArgumentHelp("The task's own options.", valueName: "options"))
    var options: [String] = []

    func run() throws {
        let command = try Self.command(task, options)
        try command.output.check()
        let task = try command.prepare()
        try WorkerRun(task)(LineReader(limit: WorkerLine.byteLimit))
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
