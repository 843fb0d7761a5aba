import ArgumentParser
import SpanielHub
import SpanielPlatform

/// `spaniel weights path`.
struct WeightsPathCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "path",
        abstract: "Prints where a model lies on this machine.")

    @Argument(help: ArgumentHelp("A known name, a hub id or a folder.", valueName: "name|hub-id"))
    var name: String

    func run() throws {
        let folder = try ModelStore.locate(name)
        try StandardOutput().write(folder.path(percentEncoded: false) + "\n")
    }
}
