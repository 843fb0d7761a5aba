import ArgumentParser
import Logging
import Spaniel
import Tensor

/// `spaniel detect`: words or examples to boxes, by OWL-ViT or OWLv2.
struct DetectCommand: PictureCommand {
    static let configuration = CommandConfiguration(
        commandName: "detect",
        abstract: "Boxes round what words or examples mean.",
        usage: """
            spaniel detect IMAGES … --text [CLASS=]WORDS …
            spaniel detect IMAGES … --example [CLASS=]IMG#box=X1,Y1,X2,Y2 … [--text CLASS=WORDS …] [--negative EX …]
            spaniel detect IMAGES … --concept FILE.concept
            """,
        discussion: """
            The default model is owlvit-nano. --threshold is 0.1 by default for words and 0.4 for examples; where the model finds everything \
            alike, an example's score is measured between what lies beside it and itself. An example without a region is the whole picture. \
            A concept that spaniel learn --from taught closer looks has each likely place looked at alone and its box drawn by SAM; of such an \
            object the scores are place, closer and their score. With --features a DINOv2 is asked beside OWL-ViT about each box by itself \
            (at 168 pixels unless --feature-size says another size); its opinion is the score called features, and decided says which of the two moved the score more.
            """)

    @OptionGroup var pictures: PictureArguments
    @OptionGroup(title: "What to find") var sought: SoughtOptions
    @OptionGroup(title: "How") var how: DetectionOptions
    @OptionGroup(title: "How") var features: FeatureOptions
    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Output") var export: ExportOptions

    func validate() throws {
        try sought.check(for: .detect, mayBeEmpty: pictures.areOfLines, negativesMayJoinConcepts: false)
        if how.examples.selection != nil && sought.examples.examples.isEmpty {
            throw ValidationError("--selection chooses among the boxes of an example, and there is none")
        }
        if !features.areOwn && sought.examples.examples.isEmpty && sought.conceptFiles.isEmpty {
            throw ValidationError("--features compares what is found with examples, and there is none")
        }
        if how.samModel != nil && !how.withMasks && sought.conceptFiles.isEmpty {
            throw ValidationError("--sam-model belongs to --with-masks and to --concept")
        }
    }

    func prepare() throws -> PictureTask {
        var reading = ExampleReading(faithful: false)
        let classes = try sought.classes(&reading, negatives: sought.examples.negatives)
        classes.noteStrayExamples(to: output.log)
        let owl = try model.loadOWLViT()
        let words = classes.flatMap(\.texts)
        try owl.texts.note(words, to: output.log)
        let dino = try features.load(model, longestSide: FeatureOptions.lookSide)
        let saved: [OWLViT.Concept] = try ConceptFile.load(sought.conceptFiles, for: .detect, owl.weights)
        // Of classes that were learnt together some may ask the features, and others do not.
        let areAsked = saved.contains { $0.featureIdentity.isSame(as: dino?.identity) }
        try ConceptFile.check(
            saved.filter { !$0.examples.isEmpty && !(areAsked && $0.featureIdentity == nil) },
            of: sought.conceptFiles, for: .detect,
            learnt: \.featureIdentity, features, dino?.identity)
        let concepts = try classes.map { try $0.learn(with: owl, how.examples.learning, dino) } + saved
        let names = try sought.isEmpty ? [] : ConceptFile.distinctNames(of: concepts)
        if !sought.isEmpty { try output.thresholds.check(against: names) }
        note(concepts, classes)
        let sam =
            try how.withMasks || concepts.contains(where: \.looksCloser)
            ? ModelNeed.masks.loadSAM(how.samModel, pull: model.pull, precision: model.precision.precision)
            : nil
        try check(concepts, sam)
        let cache = try EncodingCache(
            output.cache, OWLEncoder(owl: owl, preparation: how.examples.prep, tiles: how.tiles))
        let samCache = try sam.map { try EncodingCache(output.cache, $0) }
        let options = how.options(output.thresholds, maximum: output.maxObjects)
        func work(_ concepts: [OWLViT.Concept]) -> PictureTask.Work {
            { _, picture, stopwatch in
                let encoding = try stopwatch.time("encode") { try cache.encode(picture) }
                var scene: SAM.Encoding?
                let detections: OWLViT.Detections
                if let sam, let samCache, concepts.contains(where: \.looksCloser) {
                    let detector = CloserDetector(owl, sam, features: dino)
                    let closer = concepts.compactMap(\.taught?.closer)
                    var candidates = try stopwatch.time("closer") {
                        try detector.candidates(concepts, in: picture, encoding)
                    }
                    if candidates.contains(where: { $0.isWorthAsking(closer) }) {
                        let known = try stopwatch.time("sam_encode") { try samCache.encode(picture) }
                        scene = known
                        candidates = try stopwatch.time("exact") {
                            try detector.exact(candidates, closer, in: picture, known, how.examples.prep)
                        }
                    }
                    detections = try detector.detections(
                        concepts, candidates, in: encoding, options: options)
                } else {
                    detections = try stopwatch.time("prompt") {
                        guard let dino, concepts.contains(where: { $0.evidence != nil }) else {
                            return try owl.detect(concepts, in: encoding, options: options)
                        }
                        return try EvidenceDetector(owl, dino).detect(
                            concepts, in: picture, encoding, options: options)
                    }
                }
                guard how.withMasks, let sam, let samCache, !detections.isEmpty else {
                    return PictureResult(detections)
                }
                let masks = try scene ?? stopwatch.time("sam_encode") { try samCache.encode(picture) }
                return try stopwatch.time("mask") {
                    try PictureResult(detections, masked: sam.masks(for: detections, in: masks))
                }
            }
        }
        return PictureTask(
            name: .detect, model: owl.weights, others: sam.map { [("sam_model", $0.weights)] } ?? [],
            features: dino.map { .init($0.weights, $0.settings) }, classes: names,
            work: sought.isEmpty ? nil : work(concepts),
            workOfLine: { line in
                var classes = ExampleReading.classes(of: line.texts)
                try reading.add(sought.examples.negatives, to: &classes)
                return try work(classes.map { try $0.learn(with: owl, how.examples.learning) })
            })
    }

    /// - Throws: `Failure`, exit code 65, for a concept whose boxes another SAM made exact.
    private func check(_ concepts: [OWLViT.Concept], _ sam: SAM?) throws {
        for concept in concepts {
            guard let masks = concept.taught?.masks, let sam, masks.sha256 != sam.weights.sha256 else {
                continue
            }
            throw Failure(
                .unusable, code: "concept.model",
                "\(concept.className): its boxes were learnt with \(masks), not with \(sam.identity); name that "
                    + "model with --sam-model, or learn it again with spaniel learn --for detect --sam-model")
        }
    }

    /// Says of which examples the model sees something else in their place.
    private func note(_ concepts: [OWLViT.Concept], _ classes: [ExampleReading.Class]) {
        for (concept, taught) in zip(concepts, classes) {
            for (index, (drawn, seen)) in zip(taught.examples, concept.examples.exemplars).enumerated() {
                if case .point = drawn.region { continue }
                guard seen.overlap < Self.doubtfulOverlap else { continue }
                output.log.notice(
                    """
                    example \(index + 1) of \(concept.className): the model's box there is \(Summary.box(seen.box)), \
                    which has little in common with yours; another example may do better
                    """)
            }
        }
    }

    /// As little as the strictest selection accepts.
    private static let doubtfulOverlap = 0.3
}
