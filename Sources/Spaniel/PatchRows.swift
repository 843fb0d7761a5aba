import OWLViT
import SpanielImaging
import Tensor

/// The patches of labelled pictures as rows of features.
struct PatchRows {
    /// The features, [C, rows].
    private let columns: Tensor
    private let rows: [(box: Box, scene: Int)]
    private let scenes: [CloserTraining.Scene]

    /// The most rows; of more, every second or third patch that shows no label is taken.
    private static let most = 20_000
    /// The IoU from which a patch's box shows a labelled object.
    private static let leastOverlap = 0.55

    init(_ scenes: [CloserTraining.Scene]) {
        self.scenes = scenes
        let all = scenes.reduce(0) { $0 + $1.encoding.views[0].boxes.count }
        let step = (all + Self.most - 1) / Self.most
        var rows: [(box: Box, scene: Int)] = []
        var features: [Tensor] = []
        for (index, scene) in scenes.enumerated() {
            let view = scene.encoding.views[0]
            for (patch, box) in view.boxes.enumerated() {
                let isLabelled = scene.labelled.contains { $0.box.iou(box) >= Self.leastOverlap }
                if isLabelled || patch % step == 0 {
                    rows.append((box, index))
                    features.append(view.patches.features[leading: patch])
                }
            }
        }
        self.rows = rows
        columns = Tensor.stack(features).transposed([1, 0])
    }

    func classifier(
        _ className: String, leavingOut isLeftOut: (_ scene: Int) -> Bool = { _ in false },
        from start: OWLViT.LinearClassifier? = nil
    ) -> OWLViT.LinearClassifier {
        let isPositive = rows.map { row in
            scenes[row.scene].labelled.contains {
                $0.className == className && !$0.isCrowd && $0.box.iou(row.box) >= Self.leastOverlap
            }
        }
        // A patch in a group counts neither way.
        let counts = rows.map { row in
            let isInCrowd = scenes[row.scene].labelled.contains {
                $0.isCrowd && $0.className == className
                    && 2 * $0.box.intersection(row.box).area >= row.box.area
            }
            return isLeftOut(row.scene) || isInCrowd ? 0 : 1 as Float
        }
        return OWLViT.LinearClassifier(fitting: columns, isPositive, counts: counts, from: start)
    }
}
