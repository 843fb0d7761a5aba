package import CLIPSeg
package import SpanielImaging
import Tensor

/// CLIPSeg learning from labelled pictures.
package struct SegmentLesson: Lesson {
    private let clipseg: CLIPSeg
    private let rotations: Bool
    private let mix: Double
    private let texts: (String) -> [CLIPSeg.Conditional]

    /// - Parameters:
    ///   - mix: how much the examples count where there are texts, 0…1.
    ///   - texts: a class's words.
    package init(
        _ clipseg: CLIPSeg, rotations: Bool = false, mix: Double = 0.5,
        texts: @escaping (String) -> [CLIPSeg.Conditional] = { _ in [] }
    ) {
        (self.clipseg, self.rotations, self.mix, self.texts) = (clipseg, rotations, mix, texts)
    }

    /// A picture, and where each class is labelled in the model's square frame.
    package struct Scene {
        let encoding: CLIPSeg.Encoding
        let labelled: [String: Mask]
    }

    package func scene(_ picture: Picture, _ labelled: [LabelledRegion]) throws -> Scene {
        var masks: [String: Mask] = [:]
        for object in labelled {
            let mask = object.runs.map { Mask($0) } ?? Mask(box: object.box, size: picture.size)
            masks[object.className, default: Mask(size: frame)].formUnion(mask.resizedNearest(to: frame))
        }
        return Scene(encoding: try clipseg.encode(picture), labelled: masks)
    }

    private var frame: Size { clipseg.preprocessing.output }

    package func look(
        at region: Example.Region, className: String, in picture: Picture, _ scene: Scene
    ) throws -> CLIPSeg.Conditional {
        try clipseg.learn([Example(picture, region: region, class: className)], rotations: rotations)
    }

    package func learn(
        _ className: String, _ examples: [(taught: CLIPSeg.Conditional, scene: Scene)]
    ) throws -> CLIPSeg.Concept {
        try clipseg.concept(className, prompts(className, examples.map(\.taught)))
    }

    package func threshold(of learnt: CLIPSeg.Concept) -> Float {
        learnt.threshold ?? CLIPSeg.SegmentOptions().threshold
    }

    package func set(_ threshold: Float, of learnt: inout CLIPSeg.Concept) { learnt.threshold = threshold }

    package func search(
        _ learnt: CLIPSeg.Concept, by examples: [Int], of taught: [CLIPSeg.Conditional], in scene: Scene,
        labelled: [LabelledRegion]
    ) throws -> PixelAgreement? {
        if examples.isEmpty { return nil }
        let concept = try clipseg.concept(
            learnt.className, prompts(learnt.className, examples.map { taught[$0] }))
        let probabilities = try clipseg.scores(for: [concept], in: scene.encoding)[0].logits.sigmoid()
        return PixelAgreement(
            probabilities.array, labelled: scene.labelled[learnt.className] ?? Mask(size: frame))
    }

    /// The examples' mean; mixed with each of the texts where there are any.
    private func prompts(_ className: String, _ examples: [CLIPSeg.Conditional]) throws -> [CLIPSeg
        .Conditional]
    {
        let shown = try CLIPSeg.Conditional.mean(examples)
        let words = texts(className)
        return words.isEmpty ? [shown] : try words.map { try .mix(text: $0, example: shown, weight: mix) }
    }
}
