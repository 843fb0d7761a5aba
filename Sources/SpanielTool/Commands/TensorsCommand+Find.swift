import PerSAM
import SpanielPlatform
import Tensor

extension TensorsCommand {
    /// Returns what `spaniel find` computes for one class in one picture.
    ///
    /// `feature` [C] of the first example, `levels` [3] (the similarity of the examples' backgrounds, the one
    /// inside them, and the one from which a place is segmented), `prompting` [1] (0 a point, 1 a background
    /// point too, 2 guided attention too), `similarity` [rows, columns], and of each place that was segmented
    /// `points` [n, 2] in displayed pixels, `peaks`, `scores`, `similarities` and `ious` [n], NaN without a mask.
    func findTensors(_ user: String) throws -> Tensors {
        var reading = ExampleReading(faithful: false)
        let classes = try reading.classes(examples.examples, negatives: examples.negatives)
        guard classes.count == 1, let taught = classes.first else {
            throw UsageError("spaniel tensors find takes the examples of one class")
        }
        let persam = PerSAM(try model.loadSAM(for: .find.of(user)), features: try features.load(model))
        let concept = try taught.learn(with: persam, PerSAM.LearnOptions(fineTune: fineTune))
        let picture = try Picture(contentsOf: URL(filePath: image ?? ""))
        let findings = try persam.find(concept, in: persam.encode(picture))
        let prompting = PerSAM.Concept.Prompting.allCases.firstIndex(of: concept.prompting) ?? 0
        var tensors: Tensors = [
            ("feature", concept.features[0]),
            ("levels", Tensor([concept.background, concept.inside, concept.floor], [3])),
            ("prompting", Tensor([Float(prompting)], [1])),
        ]
        if let map = findings.similarity.first {
            tensors.append(("similarity", Tensor(map.values, [map.rows, map.columns])))
        }
        let all = findings.candidates
        guard !all.isEmpty else { return tensors }
        tensors.append(
            ("points", Tensor(all.flatMap { [Float($0.point.x), Float($0.point.y)] }, [all.count, 2])))
        for (name, values) in [
            ("peaks", all.map(\.peak)), ("scores", all.map { $0.score ?? .nan }),
            ("similarities", all.map { $0.similarity ?? .nan }),
            ("ious", all.map { $0.predictedIoU ?? .nan }),
        ] {
            tensors.append((name, Tensor(values, [all.count])))
        }
        return tensors
    }
}
