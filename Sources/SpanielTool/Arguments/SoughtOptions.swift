import ArgumentParser

/// What is looked for, by words, by examples, or by what was learnt before.
struct SoughtOptions: ParsableArguments {
    @OptionGroup var texts: TextOptions
    @OptionGroup var examples: ExampleOptions

    @Option(
        name: .customLong("concept"),
        help: ArgumentHelp(
            "What spaniel learn saved, instead of examples. Repeatable.", valueName: "file.concept"))
    var conceptFiles: [String] = []

    /// Whether a class may have texts and examples.
    var mayHaveBoth: Bool { !texts.texts.isEmpty && !examples.examples.isEmpty }

    /// Whether nothing is looked for.
    var isEmpty: Bool { texts.texts.isEmpty && examples.examples.isEmpty && conceptFiles.isEmpty }

    /// - Parameters:
    ///   - mayBeEmpty: whether something else may say what is looked for.
    ///   - negativesMayJoinConcepts: whether they are of use without examples that learn from them.
    func check(for task: TaskName, mayBeEmpty: Bool, negativesMayJoinConcepts: Bool) throws {
        if isEmpty && !mayBeEmpty {
            throw ValidationError(
                "say what to find: --text [CLASS=]WORDS, --example [CLASS=]IMG#MASK or --concept FILE")
        }
        let hasExamples = !examples.examples.isEmpty
        if hasExamples && !conceptFiles.isEmpty {
            throw ValidationError(
                "--concept stands instead of examples: learn them together, with spaniel learn --for \(task.rawValue)"
            )
        }
        if !conceptFiles.isEmpty && !negativesMayJoinConcepts && !examples.negatives.isEmpty {
            throw ValidationError(
                "--negative belongs to the examples: give it to spaniel learn --for \(task.rawValue)")
        }
    }
}
