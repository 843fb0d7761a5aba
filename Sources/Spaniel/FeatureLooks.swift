package import OWLViT
package import PerSAM
package import SpanielImaging
package import Tensor

extension PerSAM.FeatureSource {
    /// Looks at boxes and a little around them, each alone, as `OWLViT.looks` does.
    /// - Returns: for each the mean features of the middle two thirds and of the whole part, [2 C], each half
    ///   at length one.
    /// - Throws: `CancellationError`.
    package func looks(at glances: [Glance], in picture: Picture) throws -> [Tensor] {
        try glances.map { glance in
            try Task.checkCancellation()
            let values = try features(of: picture.part(seenBy: glance).picture).values
            let look = values.middleAndWhole
            return look.reshaped([2, channels]).l2Normalized().reshaped([2 * channels])
        }
    }

    /// Looks at the examples of a class and at what lies beside them.
    /// - Parameter negatives: what the class must not be taken for; it lies beside the class too.
    /// - Throws: `ExampleError` where a region does not suit its picture; `CancellationError`.
    package func learn(_ examples: [Example], negatives: [Example] = []) throws -> OWLViT.FeatureExamples {
        var own: [Tensor] = []
        var beside: [Tensor] = []
        for example in examples {
            let box = try example.region.box(in: example.picture.size)
            own += try looks(at: [(box, .upright)], in: example.picture)
            let places = box.besides(in: Box(example.picture.size))
            beside += try looks(at: places.map { ($0, .upright) }, in: example.picture)
        }
        for example in negatives {
            let box = try example.region.box(in: example.picture.size)
            beside += try looks(at: [(box, .upright)], in: example.picture)
        }
        let looks = Tensor.stack(own).l2Normalized()
        let cosines = beside.map { look in
            matmul(look.l2Normalized().reshaped([1, look.count]), looks, transposed: true).maximum()
        }
        let background = cosines.isEmpty ? 0 : cosines.reduce(0, +) / Float(cosines.count)
        return OWLViT.FeatureExamples(looks: looks, background: max(0, background), identity: identity)
    }
}

extension Box {
    /// The boxes of the same size on the eight sides that lie in the picture for at least a half, cut to it.
    fileprivate func besides(in picture: Box) -> [Box] {
        var found: [Box] = []
        for (across, down) in [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, -1), (-1, 1), (1, 1)] {
            let (x, y) = (Double(across) * width, Double(down) * height)
            let inside = Box(x1: x1 + x, y1: y1 + y, x2: x2 + x, y2: y2 + y).intersection(picture)
            if inside.area >= area / 2 && inside.area > 0 { found.append(inside) }
        }
        return found
    }
}
