import Tensor
package import OWLViT
import SpanielPlatform

/// What a class is found by, ready to be compared with every picture of the folder.
package struct ClassQuery: Sendable {
    /// A vector, and the prompt that it is of; nil for words that are only tried.
    struct Vector: Sendable {
        let prompt: Int64?
        /// Of length one.
        let direction: [Float]
        /// Names the vector's numbers, so that similarities computed before serve again.
        let key: UInt64
    }

    package let concept: OWLViT.Concept
    let texts: [Vector]
    let examples: [Vector]
    let negatives: [Vector]
    /// Words for what it must not be taken for.
    var unwanted: [Vector]
    /// The linear head that scores instead; nil if there is none or it is switched off.
    var head: LinearHead?
    /// The score above which an object is suggested, 0…1.
    package var threshold: Float

    var isEmpty: Bool { texts.isEmpty && examples.isEmpty && head == nil }
    var vectors: [Vector] { texts + examples + negatives + unwanted }

    package init(
        _ concept: OWLViT.Concept, texts: [Int64?], examples: [Int64], negatives: [Int64],
        unwanted: [(prompt: Int64, text: OWLViT.Text)] = [], head: LinearHead?, threshold: Float?
    ) {
        func vectors(_ prompts: [Int64?], _ directions: [[Float]]) -> [Vector] {
            zip(prompts, directions).map {
                let direction = $1.unit
                return Vector(prompt: $0, direction: direction, key: direction.fingerprint)
            }
        }
        self.concept = concept
        self.texts = vectors(texts, concept.texts.map(\.embedding.array))
        self.examples = vectors(examples, concept.examples.exemplars.map(\.embedding.array))
        self.negatives = vectors(negatives, concept.negatives.exemplars.map(\.embedding.array))
        self.unwanted = vectors(unwanted.map(\.prompt), unwanted.map(\.text.embedding.array))
        self.head = head
        self.threshold = threshold ?? (head == nil ? concept.defaultThreshold : LinearHead.defaultThreshold)
    }

    /// The threshold that counts if none is set.
    var defaultThreshold: Float { head == nil ? concept.defaultThreshold : LinearHead.defaultThreshold }
}

/// How much each patch of a picture is of a class.
struct PatchScores: Sendable {
    /// 0…1; below 0 for a patch that is more like a negative example.
    var scores: [Float]
    /// Compares classes with each other: the logit minus the threshold's.
    var margins: [Float]
    /// The prompt that fits the patch best, by its place among the query's texts and examples.
    var prompts: [UInt8]
}

extension ClassQuery {
    /// Scores the patches of a picture as `OWLViT.detect` does.
    ///
    /// - Parameters:
    ///   - similarities: with each vector, [N], in the order of `vectors`.
    ///   - logits: the linear head's, [N].
    func scores(_ patches: CompactPatches, _ similarities: [[Float]], logits: [Float]?) -> PatchScores {
        let count = patches.count
        var result = PatchScores(
            scores: [Float](repeating: -1, count: count),
            margins: [Float](repeating: -.infinity, count: count),
            prompts: [UInt8](repeating: 0, count: count))
        if let logits {
            for patch in 0..<count {
                result.scores[patch] = OWLViT.Scale.sigmoid(logits[patch])
                result.margins[patch] = OWLViT.Scale.margin(
                    logit: logits[patch], threshold: LinearHead.defaultThreshold)
            }
            return result
        }
        let (textCount, exampleCount) = (texts.count, examples.count)
        guard textCount + exampleCount > 0 else { return result }
        /// The highest similarity of each patch with some of the vectors, and whose it is.
        func best(_ vectors: Range<Int>) -> (values: [Float], places: [UInt8])? {
            guard let first = vectors.first else { return nil }
            var values = similarities[first]
            var places = [UInt8](repeating: UInt8(clamping: first), count: count)
            for place in vectors.dropFirst() {
                let others = similarities[place]
                for patch in 0..<count where others[patch] > values[patch] {
                    (values[patch], places[patch]) = (others[patch], UInt8(clamping: place))
                }
            }
            return (values, places)
        }
        let all = textCount + exampleCount
        let (text, example) = (best(0..<textCount), best(textCount..<all))
        let against = best(all..<all + negatives.count)
        let unwanted = best(all + negatives.count..<similarities.count)
        // A margin is the logit and a number: taken out of the loop, which runs for every patch of the folder.
        let textOffset = OWLViT.Scale.margin(logit: 0, threshold: OWLViT.Scale.textThreshold)
        let exampleOffset = concept.margin(exampleLogit: 0)
        let scoreOffset = OWLViT.Scale.margin(logit: 0, threshold: concept.scoring.threshold)
        let isSigmoid = concept.scoresBySigmoid
        for patch in 0..<count {
            let (shift, scale) = (patches.shifts[patch], patches.scales[patch])
            func logit(_ best: (values: [Float], places: [UInt8])?) -> Float {
                best.map { ($0.values[patch] + shift) * scale } ?? -.infinity
            }
            let (textLogit, exampleLogit) = (logit(text), logit(example))
            let (textMargin, exampleMargin) = (textLogit + textOffset, exampleLogit + exampleOffset)
            let most = max(textMargin, exampleMargin)
            guard most > -.infinity, logit(against) + exampleOffset <= most,
                logit(unwanted) + textOffset <= most
            else { continue }
            let isText = textMargin >= exampleMargin
            result.margins[patch] = most
            result.scores[patch] = OWLViT.Scale.sigmoid(
                isSigmoid ? (isText ? textLogit : exampleLogit) : most - scoreOffset)
            result.prompts[patch] = (isText ? text : example)?.places[patch] ?? 0
        }
        return result
    }

    /// The prompt that fits a patch best.
    func prompt(_ place: UInt8) -> Int64? {
        let place = Int(place)
        if place < texts.count { return texts[place].prompt }
        return place < texts.count + examples.count ? examples[place - texts.count].prompt : nil
    }
}

/// A class as a linear function of a patch's features, which the decisions taught.
package struct LinearHead: Sendable, Equatable {
    static let defaultThreshold: Float = 0.5
    let weights: [Float]
    let bias: Float
    /// Names it.
    let key: UInt64

    init(weights: [Float], bias: Float) {
        (self.weights, self.bias) = (weights, bias)
        key = (weights + [bias]).fingerprint
    }
}

extension [Float] {
    /// The vector at length one, as `OWLViT.Patches.similarities` makes it.
    fileprivate var unit: [Float] {
        var squares = 0.0
        for number in self { squares += Double(number) * Double(number) }
        let length = Float(squares.squareRoot()) + 1e-6
        return map { $0 / length }
    }

    /// FNV-1a of the bits.
    fileprivate var fingerprint: UInt64 {
        reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1.bitPattern)) &* 0x100_0000_01b3 }
    }
}
