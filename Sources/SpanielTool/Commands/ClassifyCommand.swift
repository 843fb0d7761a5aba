import ArgumentParser
import Logging
import Spaniel
import Tensor

/// `spaniel classify`: what a whole picture shows, by CLIP with texts or by a ViT with its own classes.
struct ClassifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "What a whole picture shows.",
        usage: """
            spaniel classify IMAGES … --text [CLASS=]WORDS --text [CLASS=]WORDS …
            spaniel classify IMAGES …
            """,
        discussion: """
            With --text, CLIP shares 1 among the classes the texts name; a class alone always gets all of it. Without, a ViT says which of its \
            own classes it sees. The default models are openai/clip-vit-base-patch32 and google/vit-base-patch16-224; neither ships. \
            The best five classes are shown; --max-objects changes that.
            """)

    @OptionGroup var pictures: PictureArguments
    @OptionGroup(title: "Classes") var texts: TextOptions

    @Option(
        name: .customLong("template"),
        help: ArgumentHelp(
            "What is said round each text, {} standing for it. Repeatable: the mean is taken (default: {}).",
            valueName: "text"))
    var templates: [String] = []

    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    /// As many as people expect of a classifier.
    private static let usualCount = 5

    func validate() throws {
        if texts.texts.isEmpty && !templates.isEmpty {
            throw ValidationError("--template stands round a --text, and there is none")
        }
        for template in templates where !template.contains("{}") {
            throw ValidationError(
                "--template \"\(template)\" has no {} where the text goes, as in \"a photo of a {}.\"")
        }
    }

    func run() throws {
        let entries = try pictures.expand()
        try output.check()
        if texts.texts.isEmpty { try runViT(entries) } else { try runCLIP(entries) }
    }

    private func runViT(_ entries: [PictureEntry]) throws {
        let vit = try output.keepingPacked { try model.loadViT() }
        try output.thresholds.check(against: vit.classes)
        let cache = try EncodingCache(output.cache, vit)
        var run = try PictureRun(
            entries, output, PictureTask(name: .classify, model: vit.weights, classes: [], work: nil))
        try run { _, picture, stopwatch in
            let encoding = try stopwatch.time("encode") { try cache.encode(picture) }
            return result(
                stopwatch.time("prompt") { vit.classify(encoding).map { ($0.className, $0.score) } })
        }
    }

    private func runCLIP(_ entries: [PictureEntry]) throws {
        let classes = ExampleReading.classes(of: texts.texts)
        try output.thresholds.check(against: classes.map(\.name))
        let clip = try output.keepingPacked { try model.loadCLIP() }
        let classifier = try TextClassifier(
            clip, classes: classes.map { ($0.name, $0.texts) }, templates: templates)
        try clip.texts.note(classes.flatMap(\.texts), to: output.log)
        if classes.count == 1 {
            output.log.notice("one class alone always scores 1; give another --text to compare it with")
        }
        let cache = try EncodingCache(output.cache, clip)
        let task = PictureTask(name: .classify, model: clip.weights, classes: classes.map(\.name), work: nil)
        var run = try PictureRun(entries, output, task)
        try run { _, picture, stopwatch in
            let encoding = try stopwatch.time("encode") { try cache.encode(picture) }
            return result(
                stopwatch.time("prompt") { classifier.classify(encoding).map { ($0.className, $0.score) } })
        }
    }

    /// - Parameter scores: best first.
    private func result(_ scores: [(className: String, score: Float)]) -> PictureResult {
        let thresholds = output.thresholds
        let kept = scores.filter { $0.score >= thresholds[$0.className] ?? 0 }.prefix(
            output.maxObjects ?? Self.usualCount)
        var result = PictureResult(objects: [])
        result.classes = kept.map { PictureResult.ClassScore(className: $0.className, score: $0.score) }
        return result
    }
}
