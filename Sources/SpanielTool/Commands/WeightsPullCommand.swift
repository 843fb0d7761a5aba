import ArgumentParser
import Logging
import SpanielHub
import SpanielJSON
import SpanielPlatform

/// `spaniel weights pull`.
struct WeightsPullCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Fetches models from the hub, checks every file, and prints where they lie.",
        discussion: """
            Only the files that are needed are fetched, and nothing that is here. An interrupted fetch is gone \
            on with by the next; no other program ever sees a part of a file.
            """)

    @Argument(help: ArgumentHelp("Known names (spaniel weights list) or hub ids.", valueName: "name|hub-id"))
    var names: [String]

    @Option(
        help: ArgumentHelp("A branch, a tag, a commit, or refs/pr/N (default: main).", valueName: "revision"))
    var revision: String?

    @Flag(help: "Print one JSON line for each model.")
    var json = false

    @Flag(help: "No progress and no notes on standard error; errors still appear.")
    var quiet = false

    func run() throws {
        Interruption.finishCleanly()
        let log = Logger(quiet: quiet)
        for name in names {
            let folder = try fetch(name, log)
            let path = folder.path(percentEncoded: false)
            let line: JSON = [
                "schema": 1, "name": JSON(name), "id": KnownModel.named(name)?.id.map { JSON($0) } ?? nil,
                "folder": JSON(path),
            ]
            try StandardOutput().write((json ? line.text() : path) + "\n")
        }
    }

    private func fetch(_ name: String, _ log: Logger) throws -> URL {
        do { return try MissingModel(name: name).fetch(revision: revision, log: log) } catch {
            // Without the network what is here serves, where no certain revision is asked for.
            guard let failure = error as? Failure, failure.code == "hub.unreachable", revision == nil,
                let here = try? ModelStore.locate(name)
            else { throw error }
            log.notice("\(failure.message); what is here already is used, unchecked for news")
            return here
        }
    }
}
