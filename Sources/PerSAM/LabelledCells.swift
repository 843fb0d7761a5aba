package import SpanielImaging
package import Tensor

extension PerSAM {
    /// The cells of a labelled picture, from which classifiers of places are learnt.
    package struct LabelledCells: Sendable {
        /// The features of the cells that count, [n, C].
        package let features: Tensor
        /// Whether each of them lies on an object, n of them.
        package let isOn: [Bool]
    }

    /// An object's cell is covered by so much, what lies beside objects by less than the second.
    private static let (on, beside): (Float, Float) = (0.5, 0.1)

    /// Divides the cells of a picture into those on labelled objects and those beside; an object of less than
    /// one cell lies on the one that it covers most.
    /// - Parameters:
    ///   - objects: the pixels of each object.
    ///   - groups: where objects lie that are not labelled one by one: what they cover does not count.
    package func labelledCells(_ objects: [Mask], groups: [Mask], in encoding: Encoding) -> LabelledCells {
        let cells = Cells(encoding)
        var shares = [Float](repeating: 0, count: cells.presence.count)
        for object in objects {
            var coverage = cells.coverage(of: object)
            let most = coverage.max() ?? 0
            if most > 0 && most < Self.on {
                coverage = coverage.map { $0 == most ? 1 : $0 }
            }
            shares = zip(shares, coverage).map(max)
        }
        let grouped = groups.map(cells.coverage)
        let counted = shares.indices.filter { cell in
            cells.presence[cell] > 0.5 && (shares[cell] >= Self.on || shares[cell] < Self.beside)
                && grouped.allSatisfy { $0[cell] < Self.beside }
        }
        guard !counted.isEmpty else { return LabelledCells(features: .zeros([0, 0]), isOn: []) }
        return LabelledCells(
            features: Tensor.stack(counted.map { cells.features[leading: $0] }),
            isOn: counted.map { shares[$0] >= Self.on })
    }

    /// The pixels of a box's object as SAM draws them, or the whole box if it draws nothing there.
    package func mask(inBox box: Box, in encoding: SAM.Encoding) -> Mask {
        let frame = encoding.frame
        let box = box.intersection(Box(frame.original))
        let drawn = sam.answer(.init(box: box), in: encoding).small
        // What it draws outside belongs to something else.
        let (across, down) = (
            Double(frame.resized.width) / Double(frame.original.width),
            Double(frame.resized.height) / Double(frame.original.height)
        )
        func isInside(_ x: Int, _ y: Int) -> Bool {
            let (x, y) = ((Double(x) + 0.5) / across, (Double(y) + 0.5) / down)
            return x >= box.x1 && x < box.x2 && y >= box.y1 && y < box.y2
        }
        let cut = Mask(width: drawn.width, height: drawn.height) { isInside($0, $1) && drawn[$0, $1] }
        return cut.isEmpty ? Mask(width: drawn.width, height: drawn.height, where: isInside) : cut
    }
}
