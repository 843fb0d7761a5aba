import ArgumentParser

/// What is looked for, in words.
struct TextOptions: ParsableArguments {
    @Option(
        name: .customLong("text"),
        help: ArgumentHelp(
            "Words for it. Repeatable: several classes are told apart, several texts of one class are joined. The class's default is the words.",
            valueName: "[class=]words"),
        transform: { try TextArgument(parsing: $0) })
    var texts: [TextArgument] = []
}
