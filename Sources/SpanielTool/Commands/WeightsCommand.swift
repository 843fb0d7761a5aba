import ArgumentParser
import SpanielHub

/// `spaniel weights`: the models' files.
struct WeightsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weights",
        abstract: "Lists, finds, fetches, checks and converts models.",
        discussion: """
            What is fetched lies in the cache that Python's huggingface_hub uses too, and nothing is fetched \
            twice. Its variables count here as well: HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN, \
            HF_HUB_OFFLINE and the others.
            """,
        subcommands: [
            WeightsListCommand.self, WeightsPathCommand.self, WeightsPullCommand.self,
            WeightsVerifyCommand.self, WeightsConvertCommand.self,
        ])
}
