public import ArgumentParser
import PerSAM

/// How a picture is searched.
struct SearchOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How places are chosen: peak (the most similar, then the next), grid (all at once), propose (everywhere; slow).",
            valueName: "name"))
    var strategy = PerSAM.FindOptions.Strategy.peak

    @Flag(help: "The paper's one object: the best, however weak.")
    var single = false

    @Flag(help: "The original code's arithmetic, quirks included; one object.")
    var faithful = false

    @Flag(help: "PerSAM-F: fit the weights that mix the model's three masks to the example.")
    var fineTune = false

    @Option(
        help: ArgumentHelp(
            "Write a page per picture that shows what was looked at, accepted and rejected, and why.",
            valueName: "folder"))
    var explain: String?

    @Option(
        help: ArgumentHelp(
            "Also look at so many tiles a side: for small objects; each takes as long as the picture.",
            valueName: "n"))
    var tiles = 1

    func validate() throws {
        if !(1...8).contains(tiles) { throw ValidationError("--tiles \(tiles) must be between 1 and 8") }
        if faithful && tiles > 1 {
            throw ValidationError("--faithful looks at the whole picture: leave out --tiles")
        }
        if explain == "" { throw ValidationError("--explain needs the name of a folder") }
    }

    func options(maxObjects: Int?) -> PerSAM.FindOptions {
        var options = PerSAM.FindOptions()
        options.strategy = strategy
        options.single = single
        options.faithful = faithful
        if let maxObjects { options.maximumObjects = maxObjects }
        return options
    }
}

extension PerSAM.FindOptions.Strategy: ExpressibleByArgument {}
