import ArgumentParser
import Logging
import PerSAM

/// `spaniel mask`: SAM by itself, from points and boxes or for everything in the picture.
struct MaskCommand: PictureCommand {
    static let configuration = CommandConfiguration(
        commandName: "mask",
        abstract: "Masks from points or a box, or of everything in the picture.",
        usage: """
            spaniel mask IMAGES … --point X,Y … [--background-point X,Y …] [--box X1,Y1,X2,Y2]
            spaniel mask IMAGES … --everything
            """)

    @OptionGroup var pictures: PictureArguments

    @OptionGroup(title: "What to mask") var prompts: PromptOptions

    @Flag(help: "Every object and part the model sees, from a grid of points.")
    var everything = false

    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Output") var export: ExportOptions

    func validate() throws {
        let prompt = prompts.prompt
        if everything && prompt != nil {
            throw ValidationError("--everything stands alone: leave out the points and the box")
        }
        if !asksSomething && (prompt != nil || !pictures.areOfLines) {
            throw ValidationError("say what to mask: --point X,Y, --box X1,Y1,X2,Y2 or --everything")
        }
    }

    private var asksSomething: Bool { everything || !prompts.points.isEmpty || !prompts.boxes.isEmpty }

    func run() throws {
        var emptyPictures = 0
        defer { if everything && emptyPictures > 0 { hint(emptyPictures) } }
        try run { if $0.objects.isEmpty { emptyPictures += 1 } }
    }

    func prepare() throws -> PictureTask {
        try output.thresholds.check(against: [ExampleArgument.defaultClass])
        let sam = try model.loadSAM(for: .mask)
        let cache = try EncodingCache(output.cache, sam)
        /// - Parameter prompt: nil: everything.
        func work(_ prompt: SAM.Prompt?) -> PictureTask.Work {
            { image, picture, stopwatch in
                let encoding = try stopwatch.time("encode") { try cache.encode(picture) }
                let found = try stopwatch.time("prompt") {
                    do {
                        return try prompt.map { try masks(of: $0, sam, encoding) }
                            ?? masksOfEverything(sam, encoding)
                    } catch let error as SAMError {
                        throw Failure(.unusable, code: error.code, "\(image): \(error)")
                    }
                }
                return PictureResult(objects: kept(found))
            }
        }
        return PictureTask(
            name: .mask, model: sam.weights, classes: [ExampleArgument.defaultClass],
            work: asksSomething ? work(prompts.prompt) : nil,
            workOfLine: { line in
                work(SAM.Prompt(line.points, background: line.backgroundPoints, box: line.box))
            })
    }

    /// The objects that reach their class's threshold, the best ones first, no more than asked for.
    private func kept(_ objects: [PictureResult.Object]) -> [PictureResult.Object] {
        let thresholds = output.thresholds
        let kept = PictureResult(objects: objects.filter { $0.score >= thresholds[$0.className] ?? 0 })
            .objects
        return output.maxObjects.map { Array(kept.prefix($0)) } ?? kept
    }

    /// The original's threshold is made for its own models; a small one seldom believes in itself as much.
    private func hint(_ emptyPictures: Int) {
        guard !output.json else { return }
        let pictures = emptyPictures == 1 ? "one picture" : "\(emptyPictures) pictures"
        output.log.notice(
            "nothing in \(pictures) is expected to fit well enough; a lower --threshold, such as 0.7, shows more"
        )
    }

    /// One point may mean a part or the whole: the best of three answers. More than that says what is meant:
    /// one answer.
    private func masks(of prompt: SAM.Prompt, _ sam: SAM, _ encoding: SAM.Encoding) throws -> [PictureResult
        .Object]
    {
        let isAmbiguous = prompt.points.count == 1 && prompt.box == nil
        let best = try sam.masks(for: prompt, in: encoding, multimask: isAmbiguous).best
        return [PictureResult.Object(mask: best.mask(), predictedIoU: best.score, presence: best.presence)]
            .compactMap(\.self)
    }

    /// The original's automatic masks; `--threshold` is what it calls the predicted IoU's.
    private func masksOfEverything(_ sam: SAM, _ encoding: SAM.Encoding) throws -> [PictureResult.Object] {
        var generator = SAM.AutomaticMaskGenerator(sam)
        if let threshold = output.thresholds[ExampleArgument.defaultClass] {
            generator.options.predictedIoU = threshold
        }
        return try generator.masks(in: encoding).compactMap { found in
            PictureResult.Object(
                mask: found.mask, predictedIoU: found.predictedIoU, presence: found.presence)
        }
    }
}

extension PictureResult.Object {
    /// What `mask` reports: the model's own expectation of how good the mask is. nil when the mask is empty.
    fileprivate init?(mask: Mask, predictedIoU: Float, presence: Float?) {
        guard let box = mask.box else { return nil }
        // The model's number is no probability and may leave 0…1 by a little.
        let score = min(max(predictedIoU, 0), 1)
        self.init(
            className: ExampleArgument.defaultClass, score: score,
            scores: [("iou", predictedIoU)] + Self.presence(presence), box: box, mask: mask)
    }
}
