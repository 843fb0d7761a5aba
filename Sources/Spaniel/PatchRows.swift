package import OWLViT
import SpanielImaging
package import Tensor

/// The patches of labelled pictures as rows of features.
package struct PatchRows: PlaceRows {
    /// The features, [C, rows].
    private let columns: Tensor
    private let rows: [(box: Box, scene: Int)]
    private let scenes: [(encoding: OWLViT.Encoding, labelled: [LabelledRegion])]

    /// The most rows; of more, every second or third patch that shows no label is taken.
    private static let most = 20_000
    /// The IoU from which a patch's box shows a labelled object.
    private static let leastOverlap = 0.55

    /// The ridge, in the features' mean variance: the features of OWL-ViT lie close together, and a smaller one
    /// learns its few pictures by heart.
    private static let ridge = 25.0
    /// The most that a patch of a class counts beside another, of which there are many more.
    private static let positiveWeight: Float = 10

    package init(_ scenes: [(encoding: OWLViT.Encoding, labelled: [LabelledRegion])]) {
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

    package func classifiers(
        _ classNames: [String], leavingOut isLeftOut: (_ scene: Int) -> Bool, from starts: [LinearClassifier]?
    ) -> [LinearClassifier] {
        classNames.enumerated().map { classifier($1, leavingOut: isLeftOut, from: starts?[$0]) }
    }

    private func classifier(
        _ className: String, leavingOut isLeftOut: (_ scene: Int) -> Bool, from start: LinearClassifier?
    ) -> LinearClassifier {
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
        return LinearClassifier(
            fitting: columns, isPositive, counts: counts, ridge: Self.ridge,
            positiveWeight: Self.positiveWeight, from: start)
    }
}
