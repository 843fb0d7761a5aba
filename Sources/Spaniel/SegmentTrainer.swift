package import CLIPSeg
package import SpanielImaging
import Tensor

/// CLIPSeg as it learns from labelled pictures.
package struct SegmentTrainer: LabelledTrainer {
    private let clipseg: CLIPSeg
    private let rotations: Bool
    private let mix: Double
    private let texts: (String) -> [CLIPSeg.Conditional]

    /// - Parameters:
    ///   - mix: the weight of the examples in a class that has texts too, 0…1.
    ///   - texts: returns the texts of a class.
    package init(
        _ clipseg: CLIPSeg, rotations: Bool = false, mix: Double = 0.5,
        texts: @escaping (String) -> [CLIPSeg.Conditional] = { _ in [] }
    ) {
        (self.clipseg, self.rotations, self.mix, self.texts) = (clipseg, rotations, mix, texts)
    }

    /// An encoded picture, and the labelled pixels of each class in the model's square frame.
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

    package func observe(
        _ region: Example.Region, className: String, in picture: Picture, _ scene: Scene
    ) throws -> CLIPSeg.Conditional {
        try clipseg.learn([Example(picture, region: region, class: className)], rotations: rotations)
    }

    package func learn(
        _ className: String, _ examples: [(observation: CLIPSeg.Conditional, scene: Scene)]
    ) throws -> CLIPSeg.Concept {
        try clipseg.concept(className, prompts(className, examples.map(\.observation)))
    }

    package func threshold(of concept: CLIPSeg.Concept) -> Float {
        concept.threshold ?? CLIPSeg.SegmentOptions().threshold
    }

    package func set(_ threshold: Float, of concept: inout CLIPSeg.Concept) { concept.threshold = threshold }

    package func search(
        _ concept: CLIPSeg.Concept, by examples: [Int], of observations: [CLIPSeg.Conditional],
        in scene: Scene, labelled: [LabelledRegion]
    ) throws -> PixelAgreement? {
        if examples.isEmpty { return nil }
        let chosen = try clipseg.concept(
            concept.className, prompts(concept.className, examples.map { observations[$0] }))
        let probabilities = try clipseg.scores(for: [chosen], in: scene.encoding)[0].logits.sigmoid()
        return PixelAgreement(
            probabilities.array, labelled: scene.labelled[concept.className] ?? Mask(size: frame))
    }

    /// Returns the examples' mean, mixed with each of the class's texts if there are any.
    private func prompts(_ className: String, _ examples: [CLIPSeg.Conditional]) throws -> [CLIPSeg
        .Conditional]
    {
        let shown = try CLIPSeg.Conditional.mean(examples)
        let words = texts(className)
        return words.isEmpty ? [shown] : try words.map { try .mix(text: $0, example: shown, weight: mix) }
    }
}
