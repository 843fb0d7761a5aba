package import SpanielImaging
package import Tensor

extension PerSAM {
    /// What a box shows when it is seen alone, at the model's full size.
    package struct Look: Sendable {
        /// The mean features of the middle two thirds and of the whole part, and how much those of the middle
        /// differ, [3 C].
        package let features: Tensor
        /// The box of the mask that SAM draws there: x1, y1, x2, y2 in pixels of the displayed picture; nil
        /// where it draws nothing or was not asked.
        package let box: Box?
    }

    /// Looks at boxes and a little around them.
    ///
    /// One look has too little work for several threads; several looks share them better.
    /// - Parameters:
    ///   - glances: boxes x1, y1, x2, y2 in pixels of the displayed picture.
    ///   - drawing: whether SAM draws what it sees; not of a glance that is turned.
    /// - Throws: `CancellationError`.
    package func looks(at glances: [Glance], in picture: Picture, drawing: Bool) throws -> [Look] {
        try Task.checkCancellation()
        return try Parallel.map(glances.count) { index in
            Result { try look(at: glances[index], in: picture, drawing: drawing) }
        }.map { try $0.get() }
    }

    private func look(at glance: Glance, in picture: Picture, drawing: Bool) throws -> Look {
        let (part, origin) = picture.part(seenBy: glance)
        let encoding = try sam.encode(part)
        let grid = encoding.grid
        let features = Tensor.concatenated([grid.middleAndWhole, grid.middleDeviation], axis: 0)
        guard drawing, glance.orientation == .upright else { return Look(features: features, box: nil) }
        let box = glance.box.moved(x: -origin.x, y: -origin.y).intersection(Box(part.size))
        return Look(
            features: features,
            box: sam.answer(.init(box: box), in: encoding).box?.moved(x: origin.x, y: origin.y))
    }
}

extension SAM.Encoding {
    /// The embedding of the cells that lie in the picture, [h, w, C].
    fileprivate var grid: Tensor {
        func cells(_ length: Int, _ count: Int) -> Range<Int> {
            0..<max(1, min(count, (length * count + frame.side / 2) / frame.side))
        }
        let columns = cells(frame.resized.width, embedding.shape[1])
        return Tensor.stack(
            cells(frame.resized.height, embedding.shape[0]).map { embedding[leading: $0][leading: columns] })
    }
}

extension Box {
    /// The box moved by some pixels.
    fileprivate func moved(x: Double, y: Double) -> Box {
        Box(x1: x1 + x, y1: y1 + y, x2: x2 + x, y2: y2 + y)
    }
}
