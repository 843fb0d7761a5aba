package import SpanielImaging

/// A class as it was learnt by itself, and how well it is found.
package struct Alone<Concept> {
    package let concept: Concept
    /// How well; nil where that could not be said.
    package let verdict: HeldOutVerdict?
    /// The pictures of which that was said.
    package let searched: Set<Int>
    /// Whether enough pictures show the class to leave some out.
    package let isShownEnough: Bool

    package init(concept: Concept, leaveOneOut: LeaveOneOut) {
        self.concept = concept
        (verdict, searched) = (leaveOneOut.verdict, leaveOneOut.searched)
        if case .fewPictures = leaveOneOut.obstacle { isShownEnough = false } else { isShownEnough = true }
    }
}

/// How a model learns from labelled pictures: each picture is encoded once and then released, so that an
/// observation does not grow with its picture.
package protocol LabelledTrainer {
    /// An encoded picture.
    associatedtype Scene
    /// What the model retains of one example.
    associatedtype Observation
    /// What the model learns of one class.
    associatedtype Concept
    /// What a search in a labelled picture shows.
    associatedtype Evidence: HeldOutEvidence

    /// Encodes a picture.
    /// - Parameter labelled: all labelled objects of the picture.
    func scene(_ picture: Picture, _ labelled: [LabelledRegion]) throws -> Scene
    /// Takes from an encoded picture what learning one of its objects needs.
    func observe(_ region: Example.Region, className: String, in picture: Picture, _ scene: Scene) throws
        -> Observation
    /// Learns a class.
    /// - Parameter examples: at least one, all of the class.
    func learn(_ className: String, _ examples: [(observation: Observation, scene: Scene)]) throws -> Concept
    /// Returns a concept's threshold.
    func threshold(of concept: Concept) -> Float
    /// Sets a concept's threshold.
    func set(_ threshold: Float, of concept: inout Concept)
    /// Learns from all classes together what none teaches alone.
    /// - Parameters:
    ///   - learnt: each class as it was learnt alone, and how well it is found.
    ///   - picture: reads the picture of a scene again.
    ///   - note: called after each picture, to show progress.
    /// - Returns: for each class what is better, or nil.
    func together(
        _ learnt: [Alone<Concept>],
        _ scenes: [(scene: Scene, labelled: [LabelledRegion])],
        picture: (_ scene: Int) throws -> Picture, seen note: () -> Void
    ) throws -> [(concept: Concept, verdict: HeldOutVerdict)?]
    /// Whether `together` may find something better.
    var learnsTogether: Bool { get }
    /// The most pictures that are searched to see whether the classes are found as well without what `together`
    /// learns.
    var mostPicturesAlone: Int { get }
    /// Searches a picture with some of a concept's examples and compares the result with the labels.
    /// - Parameters:
    ///   - examples: the indices of the examples to use.
    ///   - observations: all examples of the concept.
    ///   - labelled: the class's labelled objects in the picture.
    /// - Returns: nil if the model cannot search with these examples.
    func search(
        _ concept: Concept, by examples: [Int], of observations: [Observation], in scene: Scene,
        labelled: [LabelledRegion]
    ) throws -> Evidence?
}

extension LabelledTrainer {
    package var learnsTogether: Bool { false }
    package var mostPicturesAlone: Int { .max }

    package func together(
        _ learnt: [Alone<Concept>],
        _ scenes: [(scene: Scene, labelled: [LabelledRegion])],
        picture: (_ scene: Int) throws -> Picture, seen note: () -> Void
    ) throws -> [(concept: Concept, verdict: HeldOutVerdict)?] { learnt.map { _ in nil } }
}
