import OWLViT
import SpanielImaging
import SpanielJSON
import SpanielPlatform
import Tensor

/// What the model took from a prompt.
struct TakenPrompt: Sendable, Equatable {
    /// The box that the patch predicts.
    var box: Box?
    /// Its IoU with the drawn one.
    var overlap: Double?
    /// Other boxes that may be meant, the best first; the one that is taken is among them.
    var alternatives: [Box] = []
    /// Whether the words were longer than the model takes.
    var isCut = false
    /// Whether the example is unlike the class's others.
    var isOutlier = false
    var problem: String?

    var json: JSON {
        [
            "box": box?.json ?? nil, "overlap": overlap.map { JSON($0.rounded(to: 3)) } ?? nil,
            "alternatives": JSON(alternatives.map(\.json)), "cut": JSON(isCut), "outlier": JSON(isOutlier),
            "problem": problem.map { JSON($0) } ?? nil,
        ]
    }
}

extension Studio {
    /// The similarity to the nearest other example below which one is told as unlike them.
    private static var outlierSimilarity: Float { 0.5 }
    private static var keptExampleEncodings: Int { 200 }
    private static var mostAlternatives: Int { 4 }

    /// Makes every class's query from its prompts.
    func refreshAll() async {
        for classID in state.classes.keys.sorted() { await refresh(classID) }
    }

    /// Makes a class's query anew after its prompts changed.
    ///
    /// Meanwhile the old one serves; of several calls the last one counts.
    func refresh(_ classID: Int64) async {
        let generation = (generations[classID] ?? 0) + 1
        generations[classID] = generation
        guard let detector = models.detector, let record = state.classes[classID] else {
            ranker.set(nil, of: classID)
            return
        }
        let prompts = state.prompts(of: classID).filter(\.enabled)
        var texts: [(prompt: Int64, text: OWLViT.Text)] = []
        var unwanted: [(prompt: Int64, text: OWLViT.Text)] = []
        for prompt in prompts where prompt.kind == .words {
            do {
                let text = try await embed(prompt.text ?? "")
                if prompt.negative {
                    unwanted.append((prompt.id, text))
                } else {
                    texts.append((prompt.id, text))
                }
                taken[prompt.id] = TakenPrompt(isCut: text.wasCut)
            } catch { taken[prompt.id] = TakenPrompt(problem: "\(error)") }
        }
        var examples: [(prompt: PromptRecord, encoding: OWLViT.Encoding)] = []
        for prompt in prompts where prompt.kind == .example {
            do {
                guard let picture = prompt.picture else { continue }
                examples.append((prompt, try await exampleEncoding(picture)))
            } catch { taken[prompt.id] = TakenPrompt(problem: "\(error)") }
        }
        let (words, shown) = (texts, examples)
        guard
            let learnt = try? await encoding.run({
                Self.learn(record.name, words, shown, detector.model)
            }), generations[classID] == generation, state.classes[classID] != nil
        else { return }
        for (prompt, info) in learnt.taken { taken[prompt] = info }
        setQuery(classID, learnt, unwanted)
    }

    struct Learnt: Sendable {
        var concept: OWLViT.Concept
        var texts: [Int64]
        var examples: [Int64]
        var negatives: [Int64]
        var taken: [Int64: TakenPrompt]
    }

    private func setQuery(
        _ classID: Int64, _ learnt: Learnt, _ unwanted: [(prompt: Int64, text: OWLViT.Text)]
    ) {
        guard let record = state.classes[classID] else { return }
        let head = record.usesLearned ? head(of: record) : nil
        let query = ClassQuery(
            learnt.concept, texts: learnt.texts, examples: learnt.examples, negatives: learnt.negatives,
            unwanted: unwanted, head: head, threshold: record.threshold.map(Float.init))
        ranker.set(query.isEmpty ? nil : query, of: classID)
        followThreshold(of: classID)
        if let head { applyHead(head) }
        events.send("scores", ["classes": [JSON(StudioID.classID(classID))]])
    }

    /// Observes the examples and makes one concept of them and the texts.
    private static func learn(
        _ name: String, _ texts: [(prompt: Int64, text: OWLViT.Text)],
        _ examples: [(prompt: PromptRecord, encoding: OWLViT.Encoding)], _ owl: OWLViT
    ) -> Learnt {
        var taken: [Int64: TakenPrompt] = [:]
        var positives: [(prompt: Int64, observed: OWLViT.ObservedExample)] = []
        var negatives: [(prompt: Int64, observed: OWLViT.ObservedExample)] = []
        let words = texts.map(\.text)
        for (prompt, encoding) in examples {
            guard let shape = prompt.shape else { continue }
            do {
                var observed = try owl.observe(
                    shape.region, in: encoding, prompt.negative ? [] : words, OWLViT.LearnOptions())
                var choices = observed.view.candidates(for: observed.region)
                choices.sort { ($1.overlap, $0.patch) < ($0.overlap, $1.patch) }
                choices = Array(choices.prefix(mostAlternatives))
                if let choice = prompt.choice, choices.indices.contains(Int(choice)) {
                    let chosen = choices[Int(choice)]
                    observed.exemplar = OWLViT.Exemplar(
                        embedding: observed.view.patches.direction(chosen.patch),
                        box: observed.view.boxes[chosen.patch], overlap: chosen.overlap)
                }
                taken[prompt.id] = TakenPrompt(
                    box: observed.exemplar.box.intersection(Box(encoding.size)),
                    overlap: observed.exemplar.overlap,
                    alternatives: choices.map {
                        observed.view.boxes[$0.patch].intersection(Box(encoding.size))
                    })
                if prompt.negative {
                    negatives.append((prompt.id, observed))
                } else {
                    positives.append((prompt.id, observed))
                }
            } catch { taken[prompt.id] = TakenPrompt(problem: "\(error)") }
        }
        if positives.count > 2 {
            let directions = positives.map { $0.observed.exemplar.embedding }
            for (index, positive) in positives.enumerated() {
                let nearest = directions.indices.filter { $0 != index }.map {
                    directions[index].dot(directions[$0])
                }.max()
                taken[positive.prompt]?.isOutlier = (nearest ?? 1) < outlierSimilarity
            }
        }
        let concept = owl.concept(
            name, positives.map(\.observed), texts: words,
            negatives: OWLViT.Examples(negatives.map(\.observed)), selection: nil)
        return Learnt(
            concept: concept, texts: texts.map(\.prompt), examples: positives.map(\.prompt),
            negatives: negatives.map(\.prompt), taken: taken)
    }

    /// Embeds words once.
    func embed(_ words: String) async throws -> OWLViT.Text {
        if let known = embedded[words] { return known }
        guard let detector = models.detector else { throw StudioError.noModel(Self.noDetector) }
        let text = try await encoding.run {
            guard let text = try detector.model.embed([words]).first else { throw OWLViTError.nothingToLearn }
            return text
        }
        if embedded.count > 500 { embedded = [:] }
        embedded[words] = text
        return text
    }

    static var noDetector: String { "There is no model for words and examples" }

    /// The whole encoding of a picture that an example is in.
    func exampleEncoding(_ id: Int64) async throws -> OWLViT.Encoding {
        if let place = exampleEncodings.firstIndex(where: { $0.picture == id }) {
            let known = exampleEncodings.remove(at: place)
            exampleEncodings.append(known)
            return known.encoding
        }
        guard let detector = models.detector else { throw StudioError.noModel(Self.noDetector) }
        guard let picture = state.pictures[id], !picture.isMissing else {
            throw StudioError.unknown("picture")
        }
        let files = files
        let made = try await encoding.run { try detector.encode(files.picture(picture)) }
        exampleEncodings.removeAll { $0.picture == id }
        exampleEncodings.append((id, made))
        if exampleEncodings.count > Self.keptExampleEncodings { exampleEncodings.removeFirst() }
        return made
    }
}
