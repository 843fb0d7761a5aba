package import SpanielImaging
import SpanielPlatform
package import Tensor

extension PerSAM {
    /// What labelled pictures taught of one class: where in a picture it may be, what it looks like when seen
    /// alone, and where its edges are beside those of its mask.
    package struct Taught: Sendable {
        /// Any of the classes that were learnt together, from the features of a cell, [C].
        package let place: LinearClassifier
        /// The class from SAM's features of a closer look, [3 C].
        package let closer: LinearClassifier
        /// The class from the other features of a closer look, [2 C], if such are compared.
        package let other: LinearClassifier?
        /// How much larger objects are than the boxes of their masks: of width and height.
        package let growth: Float
        /// The threshold of the similarity's score, for a search without closer looks.
        package var alone: Float

        package init(
            place: LinearClassifier, closer: LinearClassifier, other: LinearClassifier? = nil,
            growth: Float, alone: Float
        ) {
            (self.place, self.closer, self.other) = (place, closer, other)
            (self.growth, self.alone) = (growth, alone)
        }
    }

    /// A place in a picture that may hold an object of some classes.
    package struct Place: Sendable {
        /// The mask's box: x1, y1, x2, y2 in pixels of the displayed picture.
        package let box: Box
        /// The most probable cell of the object, x and y in pixels of the displayed picture.
        package let point: Point
        /// The logit of each classifier there.
        package let logits: [Float]
    }

    /// The number of places in a picture that are looked at in any case.
    package static let usualPlaces = 6
    /// The probability from which further places are looked at too.
    private static let probablePlace: Float = 0.3
    /// The share of a cell from which a mask covers it, so that the cell is no further place.
    private static let covered: Float = 0.3
    /// The IoU from which two places are one.
    private static let onePlace = 0.7

    /// Finds the places that are most probably an object of any class, the best first: the most probable cell,
    /// the mask that SAM draws there, asked again with its box, then the most probable cell that is left.
    /// - Parameters:
    ///   - classifiers: on the features of cells.
    ///   - most: the most places; beyond `usualPlaces` only probable ones.
    /// - Throws: `CancellationError`.
    package func places(by classifiers: [LinearClassifier], in encoding: Encoding, atMost most: Int)
        throws -> [Place]
    {
        let cells = Cells(encoding)
        let logits = classifiers.map { $0.logits(of: cells.features) }
        let best = cells.presence.indices.map { cell in logits.map { $0[cell] }.max() ?? -.infinity }
        var isLeft = cells.presence.map { $0 > 0.3 }
        var places: [Place] = []
        // A cell may give no mask, or one that is there already.
        for _ in 0..<3 * most where places.count < most {
            try Task.checkCancellation()
            let left = best.indices.filter { isLeft[$0] }
            guard let cell = left.max(by: { best[$0] < best[$1] }) else { break }
            let isProbable = best[cell] > log(Self.probablePlace / (1 - Self.probablePlace))
            if places.count >= Self.usualPlaces && !isProbable { break }
            isLeft[cell] = false
            let point = cells.middle(of: cell)
            let first = sam.answer(.init(point: point), in: encoding.masks).small
            for (other, share) in cells.coverage(of: first).enumerated() where share > Self.covered {
                isLeft[other] = false
            }
            guard let rough = first.box.map(encoding.frame.enlarged) else { continue }
            let box = sam.answer(.init(box: rough), in: encoding.masks).box ?? rough
            if places.contains(where: { $0.box.iou(box) > Self.onePlace }) { continue }
            places.append(Place(box: box, point: point, logits: logits.map { $0[cell] }))
        }
        return places
    }
}

extension SAM {
    /// The one mask of a prompt inside the picture.
    package func answer(_ prompt: Prompt, in encoding: Encoding) -> Prediction {
        let (logits, scores, presence) = decode(prompts: [prompt], in: encoding, multimask: false)
        return Prediction(
            score: scores[0, 0], presence: presence.map { $0.sigmoid()[0] },
            logits: logits[leading: 0][leading: 0], frame: encoding.frame)
    }
}

extension SAM.Prediction {
    /// The mask at the size of the model's input, which is soon drawn for a picture of any size.
    package var small: Mask {
        SAM.Prediction(
            score: score, logits: logits,
            frame: SAM.Frame(
                original: frame.resized, resized: frame.resized, side: frame.side,
                isStretched: frame.isStretched)
        ).mask()
    }

    /// The box of that mask: x1, y1, x2, y2 in pixels of the displayed picture; nil of an empty one.
    package var box: Box? { small.box.map(frame.enlarged) }
}

extension SAM.Frame {
    /// Converts a box of the scaled picture to pixels of the displayed one.
    package func enlarged(_ box: Box) -> Box {
        let across = Double(original.width) / Double(resized.width)
        let down = Double(original.height) / Double(resized.height)
        return Box(x1: box.x1 * across, y1: box.y1 * down, x2: box.x2 * across, y2: box.y2 * down)
    }
}
