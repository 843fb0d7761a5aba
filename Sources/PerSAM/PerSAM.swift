public import SpanielImaging
import Tensor

/// Personalized SAM (Zhang et al. 2023), extended to every instance of an object, and to answer "not here".
///
///     let persam = PerSAM(sam)
///     let mug = try persam.learn([Example(picture, mask: mask)])
///     for object in try persam.find(mug, in: persam.encode(scene)) { print(object.box, object.score) }
public struct PerSAM: Sendable {
    public let sam: SAM

    public init(_ sam: SAM) { self.sam = sam }

    /// How a class is learnt.
    public struct LearnOptions: Sendable {
        /// PerSAM-F: fit the weights that mix the decoder's three masks.
        public var fineTune: Bool
        /// Learn for the original code's arithmetic too, from the first example.
        public var faithful: Bool

        public init(fineTune: Bool = false, faithful: Bool = false) {
            self.fineTune = fineTune
            self.faithful = faithful
        }
    }

    /// Encodes a picture: the slow part, done once for any number of concepts.
    public func encode(_ picture: Picture) throws -> SAM.Encoding { try sam.encode(picture) }

    /// Learns one class from its examples.
    /// - Parameters:
    ///   - examples: of one class, several where its views differ.
    ///   - negatives: what it must not be taken for.
    /// - Throws: `ExampleError` where an example does not suit its picture, `PerSAMError` where SAM finds
    ///   nothing there; `CancellationError`.
    public func learn(
        _ examples: [Example], negatives: [Example] = [], options: LearnOptions = LearnOptions()
    ) throws -> Concept {
        let className = try examples.commonClass()
        let references = try examples.map { try Reference($0, sam) }
        let others = try negatives.map { try Reference($0, sam) }
        var concept = Concept(
            className: className, directions: references.map(\.direction),
            features: references.map(\.feature),
            negatives: others.map(\.direction), background: 0, inside: 0, prompting: .plain,
            threshold: Self.threshold,
            model: sam.identity)
        // With several examples, the similarities that each has to all of them.
        let similarities = references.map { $0.similarities(to: concept.directions) }
        concept.background = max(0, similarities.compactMap(\.background).average ?? 0)
        concept.inside = similarities.map(\.inside).average ?? 1
        concept.prompting = bestPrompting(references[0], concept)
        if options.fineTune { concept.weights = fittedWeights(references[0], concept) }
        if options.faithful {
            let first = examples[0]
            let mask = try first.maskPicture ?? Self.painted(first.mask(sam))
            concept.original = try Original(sam).learn(first.picture, mask: mask, fineTune: options.fineTune)
        }
        return concept
    }

    /// Where, on composed scenes with the model that ships, most pictures get the right count, and nearly
    /// nine in ten without the object are refused. Scores are relative to each example's background, so it
    /// carries over to other models.
    static let threshold: Float = 0.65

    /// The mask as white on black, for an example that did not come with a picture of it.
    private static func painted(_ mask: Mask) -> Picture {
        Picture(
            rgb: mask.bytes(inside: 255).flatMap { [$0, $0, $0] }, width: mask.width, height: mask.height)
    }
}

extension PerSAM {
    /// An example as the model sees it.
    struct Reference {
        let encoding: SAM.Encoding
        let cells: Cells
        let mask: Mask
        /// How much of each cell the object covers, [hw].
        let coverage: [Float]
        /// [C]
        let feature: Tensor
        var direction: Tensor { feature.l2Normalized() }

        init(_ example: Example, _ sam: SAM) throws {
            let given = try example.mask(sam)
            let (picture, mask) = example.closer(given)
            self.mask = mask
            encoding = try sam.encode(picture)
            cells = Cells(encoding)
            coverage = cells.coverage(of: mask)
            feature = cells.mean(weighing: coverage)
        }

        /// How similar the example's own cells are to what was learnt: the mean beside the object, and the
        /// median on it.
        func similarities(to directions: [Tensor]) -> (background: Float?, inside: Float) {
            let similarity = cells.similarity(to: directions)
            let full = min(0.5, coverage.max() ?? 0)
            let on = similarity.indices.filter { coverage[$0] >= full && coverage[$0] > 0 }.map {
                similarity[$0]
            }
            let beside = similarity.indices.filter {
                cells.presence[$0] > 0.5 && coverage[$0] < 0.05 * cells.presence[$0]
            }.map {
                similarity[$0]
            }
            return (beside.average, on.median ?? 1)
        }

        /// The most similar cell on the object.
        func seed(_ concept: Concept) -> Int {
            let similarity = cells.similarity(to: concept.directions)
            let least = 0.3 * (coverage.max() ?? 0)
            let on = similarity.indices.filter { coverage[$0] > least }
            return on.max { similarity[$0] < similarity[$1] } ?? 0
        }
    }

    /// Tries each way of prompting on the example and keeps the one that gives its mask back best; a richer
    /// one must win clearly.
    private func bestPrompting(_ reference: Reference, _ concept: Concept) -> Concept.Prompting {
        var best: (prompting: Concept.Prompting, overlap: Double)?
        for prompting in Concept.Prompting.allCases {
            var trial = concept
            trial.prompting = prompting
            let scene = Scene(reference.encoding, trial, sam)
            let overlap = scene.segment(seeds: [reference.seed(trial)])?.mask(scene).iou(reference.mask) ?? 0
            if best.map({ overlap > $0.overlap + 0.02 }) ?? true { best = (prompting, overlap) }
        }
        return best?.prompting ?? .plain
    }

    /// PerSAM-F's weights (section 3.3), fitted at low resolution: milliseconds whatever the picture's size;
    /// nil for a model that offers another number of masks than three.
    private func fittedWeights(_ reference: Reference, _ concept: Concept) -> MaskWeights? {
        let scene = Scene(reference.encoding, concept, sam)
        let prompt = SAM.Prompt(points: [
            .init(reference.cells.middle(of: reference.seed(concept)), isObject: true)
        ])
        let (logits, _) = sam.decode(prompts: [prompt], in: reference.encoding, multimask: true)
        guard logits.shape[1] == 3 else { return nil }
        let truth = scene.lowResolution(reference.mask)
        let inside = truth.indices.filter { scene.isInside[$0] }
        let maps = (0..<3).map { m in
            let values = logits[leading: 0][leading: m].array
            return inside.map { values[$0] }
        }
        return MaskWeights(fitting: maps, to: inside.map { truth[$0] })
    }
}

extension Array where Element == Float {
    var average: Float? { isEmpty ? nil : reduce(0, +) / Float(count) }

    var median: Float? {
        guard !isEmpty else { return nil }
        let sorted = sorted()
        return count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2
    }
}
