import ArgumentParser

/// `spaniel weights`: models on this machine.
struct WeightsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weights", abstract: "Prepares models for use.",
        subcommands: [WeightsConvertCommand.self])
}
