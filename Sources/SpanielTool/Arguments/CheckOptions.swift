import ArgumentParser

/// CLIP as a check on what was found: SAM knows no categories.
struct CheckOptions: ParsableArguments {
    @Option(
        name: .customLong("text"),
        help: ArgumentHelp(
            "What it is called: CLIP drops what the words do not fit. Repeatable; with several classes, write the class.",
            valueName: "[class=]words"),
        transform: { try TextArgument(parsing: $0) })
    var texts: [TextArgument] = []

    @Option(
        help: ArgumentHelp(
            "How well the words must fit: 0.5 is no better than something neutral, 1 far better (default: 0.5).",
            valueName: "0…1"))
    var textThreshold: Float?

    @Option(
        help: ArgumentHelp(
            "The CLIP model of --text: a name, a folder or a hub id (default: openai/clip-vit-base-patch32).",
            valueName: "name"))
    var clipModel: String?

    func validate() throws {
        if let textThreshold, !(0...1).contains(textThreshold) {
            throw ValidationError("--text-threshold \(textThreshold) must be between 0 and 1")
        }
        if texts.isEmpty, textThreshold != nil || clipModel != nil {
            throw ValidationError("--text-threshold and --clip-model belong to --text WORDS")
        }
    }

    /// The texts of each class; one that names no class is the only class's.
    func texts(for classes: [String]) throws -> [String: [String]] {
        var found: [String: [String]] = [:]
        for text in texts {
            guard let name = text.className ?? (classes.count == 1 ? classes[0] : nil) else {
                throw UsageError(
                    "--text \"\(text.words)\" does not say its class; write CLASS=WORDS with one of \(classes.joined(separator: ", "))"
                )
            }
            guard classes.contains(name) else {
                throw UsageError(
                    "--text \(name)=… names no class of this run; the classes are \(classes.joined(separator: ", "))"
                )
            }
            found[name, default: []].append(text.words)
        }
        return found
    }
}
