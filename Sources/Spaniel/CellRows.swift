package import PerSAM
import SpanielImaging
package import Tensor

/// The cells of labelled pictures as rows of features, of which one classifier learns where anything labelled
/// is: what it is, the closer look says.
package struct CellRows: PlaceRows {
    /// The features, [C, rows].
    private let columns: Tensor
    private let isOn: [Bool]
    /// The picture of each row.
    private let scenes: [Int]

    /// The most rows; of more, every second or third cell beside the objects is taken.
    private static let most = 20_000
    /// The ridge, in the features' mean variance.
    private static let ridge = 25.0

    package init(_ pictures: [(encoding: PerSAM.Encoding, labelled: [LabelledRegion])], _ persam: PerSAM) {
        let all = pictures.map { encoding, labelled in
            let masks = labelled.map { object in
                object.runs.map { Mask($0) } ?? persam.mask(inBox: object.box, in: encoding.masks)
            }
            return persam.labelledCells(
                zip(labelled, masks).filter { !$0.0.isCrowd }.map(\.1),
                groups: zip(labelled, masks).filter(\.0.isCrowd).map(\.1), in: encoding)
        }
        let count = all.reduce(0) { $0 + $1.isOn.count }
        let step = max(1, (count + Self.most - 1) / Self.most)
        var (rows, isOn, scenes): ([Tensor], [Bool], [Int]) = ([], [], [])
        for (scene, cells) in all.enumerated() {
            for (row, isObject) in cells.isOn.enumerated() where isObject || row % step == 0 {
                rows.append(cells.features[leading: row])
                isOn.append(isObject)
                scenes.append(scene)
            }
        }
        columns = rows.isEmpty ? .zeros([0, 0]) : Tensor.stack(rows).transposed([1, 0])
        (self.isOn, self.scenes) = (isOn, scenes)
    }

    package func classifiers(
        _ classNames: [String], leavingOut isLeftOut: (_ scene: Int) -> Bool, from starts: [LinearClassifier]?
    ) -> [LinearClassifier] {
        guard !isOn.isEmpty else { return [] }
        return [
            LinearClassifier(
                fitting: columns, isOn, counts: scenes.map { isLeftOut($0) ? 0 : 1 }, ridge: Self.ridge,
                from: starts?.first)
        ]
    }
}
