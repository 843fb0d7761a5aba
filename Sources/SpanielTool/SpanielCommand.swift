import ArgumentParser
import Logging
import Spaniel
import Tensor

@main
struct SpanielCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spaniel",
        abstract:
            "Finds any object in pictures from words, one example, or a few: no training, no Python, no GPU.",
        discussion: """
            One photo of the object, a rough mask of it, and the pictures to search:

              spaniel find --example cup.jpg#cup-mask.png photos/ --out found

            Coordinates are pixels of the picture as displayed, origin top left.
            """,
        version: "0.1.0",
        subcommands: [
            FindCommand.self, SegmentCommand.self, DetectCommand.self, ClassifyCommand.self, MaskCommand.self,
            LearnCommand.self,
            EvaluateCommand.self, AnnotationsCommand.self, LabelCommand.self, WeightsCommand.self,
            WorkerCommand.self,
            TensorsCommand.self,
        ])

    /// Runs the command in a task of its own, which Ctrl-C cancels, and ends the process with one of the
    /// contract's exit codes.
    static func main() async {
        let work = Task.detached { try await SpanielCommand.runCommand() }
        Interruption.watch { work.cancel() }
        do {
            try await work.value
        } catch {
            // The argument parser's own: help that was asked for, and wrong usage.
            if [ExitCode.success, .validationFailure].contains(exitCode(for: error)) {
                exit(withError: error)
            }
            let failure = Failure(error, about: .input)
            if !failure.message.isEmpty {
                Logger().error("\(failure.message)")
            }
            exit(withError: ExitCode(failure.status.rawValue))
        }
    }

    private static func runCommand() async throws {
        try InstructionSet.check()
        var command = try parseAsRoot()
        if var command = command as? any AsyncParsableCommand { return try await command.run() }
        try command.run()
    }
}
