package import SAM
package import SpanielImaging
import SpanielPlatform
package import Tensor

/// How a model looks for taught classes: at the whole picture for places, at each place alone for what it is,
/// and with SAM for its edges.
///
/// `CloserTraining` teaches whatever finds objects so.
package protocol CloserCascade: Sendable {
    /// An encoded picture.
    associatedtype Encoding
    /// The rows of features that the first look is learnt from.
    associatedtype Rows: PlaceRows

    /// Takes the parts of labelled pictures that the first look is learnt from.
    func rows(_ scenes: [(encoding: Encoding, labelled: [LabelledRegion])]) throws -> Rows
    /// The size of an encoded picture.
    func size(of encoding: Encoding) -> Size
    /// Returns the places that are likeliest of any class, each looked at alone.
    /// - Parameter classifiers: of the first look, one for each class or one for all.
    func candidates(by classifiers: [LinearClassifier], in picture: Picture, _ encoding: Encoding) throws
        -> [CloserCandidate]
    /// Looks at boxes, each alone at the model's full size.
    func looks(at glances: [Glance], in picture: Picture) throws -> [CloserLook]
    /// Draws the places that are worth it with SAM, if that is not done, and looks at what was drawn.
    /// - Parameter closer: each class's classifier of the model's own features.
    func exact(
        _ candidates: [CloserCandidate], _ closer: [LinearClassifier], in picture: Picture,
        _ encoding: Encoding
    ) throws -> [CloserCandidate]
}

/// The parts of labelled pictures as rows of features, from which the first look is learnt.
package protocol PlaceRows {
    /// Fits the classifiers of the first look, one for each class or one for all of them.
    /// - Parameters:
    ///   - isLeftOut: whether a picture counts for nothing.
    ///   - starts: classifiers to begin with.
    func classifiers(
        _ classNames: [String], leavingOut isLeftOut: (_ scene: Int) -> Bool, from starts: [LinearClassifier]?
    ) -> [LinearClassifier]
}

/// A place that may hold an object of one of some classes, and what each of its boxes shows when seen alone.
package struct CloserCandidate: Sendable {
    /// The place: x1, y1, x2, y2 in pixels of the displayed picture, inside it.
    package let box: Box
    /// The logit of each of the first look's classifiers there.
    package let logits: [Float]
    /// The box of SAM's mask, if SAM was asked and saw something.
    package var mask: Box?
    /// What the place's own box shows, then, if that is looked at too, what the mask's does.
    package var looks: [CloserLook]
    /// What SAM answered, where the mask is kept, and the likeliest point of the object.
    package let answer: SAM.Prediction?
    package let point: Point?

    package init(
        box: Box, logits: [Float], mask: Box? = nil, looks: [CloserLook], answer: SAM.Prediction? = nil,
        point: Point? = nil
    ) {
        (self.box, self.logits, self.mask, self.looks) = (box, logits, mask, looks)
        (self.answer, self.point) = (answer, point)
    }

    /// The first look's probability of the likeliest class, 0…1.
    package var probability: Float { 1 / (1 + exp(-(logits.max() ?? -.infinity))) }

    /// How much of a class the surest of the looks shows.
    package func opinion(of classifier: CloserClassifier) -> CloserOpinion {
        looks.map(classifier.opinion).max { $0.logit < $1.logit }
            ?? CloserOpinion(own: -.infinity, other: nil)
    }

    /// The score of a class by both looks, 0…1:
    ///
    ///     (probability that the place is of any of the classes)^¼ · probability of the closer look
    ///
    /// The first look knows little of classes, so it counts little.
    package func score(_ opinion: CloserOpinion) -> Float {
        probability.squareRoot().squareRoot() * opinion.probability
    }

    /// The mask's box, its middle moved a quarter of the way to the place's, and larger by a factor; without a
    /// mask the place's box.
    package func box(growth: Double) -> Box {
        guard let mask else { return box }
        let x = 0.75 * mask.center.x + 0.25 * box.center.x
        let y = 0.75 * mask.center.y + 0.25 * box.center.y
        let (width, height) = (growth * mask.width / 2, growth * mask.height / 2)
        return Box(x1: x - width, y1: y - height, x2: x + width, y2: y + height)
    }

    /// The probability of any class from which SAM is asked about a place.
    private static let worthAsking: Float = 0.05

    /// Whether SAM is to be asked about the place: its first look shows something of a class.
    /// - Parameter closer: each class's classifier of looks.
    package func isWorthAsking(_ closer: [LinearClassifier]) -> Bool {
        closer.contains { $0.probability(of: looks[0].own) >= Self.worthAsking }
    }
}

/// What a closer look shows: features of the model itself, and, if another's are asked, its too.
package struct CloserLook: Sendable {
    package let own: Tensor
    package let other: Tensor?

    package init(own: Tensor, other: Tensor? = nil) { (self.own, self.other) = (own, other) }

    /// Pairs what two models see in the same boxes.
    static func both(_ own: [Tensor], _ others: [Tensor]?) -> [CloserLook] {
        own.indices.map { CloserLook(own: own[$0], other: others?[$0]) }
    }
}

/// A class from a closer look: from the model's own features, and perhaps from another's.
package struct CloserClassifier: Sendable {
    package let own: LinearClassifier
    package let other: LinearClassifier?

    package init(own: LinearClassifier, other: LinearClassifier? = nil) {
        (self.own, self.other) = (own, other)
    }

    func opinion(of look: CloserLook) -> CloserOpinion {
        func logit(_ classifier: LinearClassifier, _ features: Tensor) -> Float {
            classifier.logits(of: features.reshaped([1, features.count]))[0]
        }
        return CloserOpinion(
            own: logit(own, look.own),
            other: other.flatMap { other in look.other.map { logit(other, $0) } })
    }
}

/// What a closer look says of a class, as logits.
package struct CloserOpinion: Sendable {
    package let own: Float
    package let other: Float?

    /// The mean of both.
    package var logit: Float { other.map { (own + $0) / 2 } ?? own }
    /// The probability of the class, 0…1.
    package var probability: Float { 1 / (1 + exp(-logit)) }
    /// Whether the other model is surer than the own; nil where it was not asked.
    package var isDecidedByOther: Bool? { other.map { abs($0) > abs(own) } }
}

extension Array {
    /// Goes through elements from the first, the best, and drops those that a better one excludes.
    package func kept(unless excludes: (_ better: Element, _ other: Element) -> Bool) -> [Element] {
        var kept: [Element] = []
        for element in self where !kept.contains(where: { excludes($0, element) }) { kept.append(element) }
        return kept
    }
}
