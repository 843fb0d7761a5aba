public import SpanielImaging
package import Tensor

extension OWLViT {
    /// What labelled pictures taught of one class: where in a picture it may be, what it looks like when seen
    /// alone, and where its edges are beside those of its mask.
    package struct Taught: Sendable {
        /// The class from the features of a patch, [C].
        package let place: LinearClassifier
        /// The class from the features of a closer look, [2 C].
        package let closer: LinearClassifier
        /// How much larger objects are than the boxes of their masks: of width and height.
        package let growth: Float
        /// The model that the masks were of.
        package let masks: ModelIdentity
        /// The class from the features of another model in a closer look; nil where none was asked.
        package let evidence: FeatureClassifier?

        package init(
            place: LinearClassifier, closer: LinearClassifier, growth: Float, masks: ModelIdentity,
            evidence: FeatureClassifier? = nil
        ) {
            (self.place, self.closer, self.growth, self.masks) = (place, closer, growth, masks)
            self.evidence = evidence
        }
    }

    /// A class from the features of another model in a closer look, [2 C].
    package struct FeatureClassifier: Sendable {
        package let classifier: LinearClassifier
        package let identity: FeatureIdentity

        package init(_ classifier: LinearClassifier, _ identity: FeatureIdentity) {
            (self.classifier, self.identity) = (classifier, identity)
        }
    }

    /// What another model's features say of the examples of one class.
    package struct FeatureExamples: Sendable {
        /// A closer look at each example, [n, 2 C], each of length one.
        package let looks: Tensor
        /// The mean cosine of the examples with what lies beside them, at least 0.
        package let background: Float
        package let identity: FeatureIdentity

        package init(looks: Tensor, background: Float, identity: FeatureIdentity) {
            (self.looks, self.background, self.identity) = (looks, background, identity)
        }

        /// Scales a look's cosine with the nearest example from 0, as like as what lies beside them, to 1.
        /// - Parameter look: [2 C] of length one.
        package func likeness(_ look: Tensor) -> Float {
            let cosine = matmul(look.reshaped([1, look.count]), looks, transposed: true).maximum()
            return max(0, min(1, (cosine - background) / max(1e-6, 1 - background)))
        }
    }

    /// A box that may hold an object of one of some classes.
    public struct Place: Sendable {
        /// x1, y1, x2, y2 in pixels of the displayed picture, inside it.
        public let box: Box
        /// The logit of each class there.
        package let logits: [Float]

        package init(box: Box, logits: [Float]) {
            self.box = box
            self.logits = logits
        }

        /// The probability of the likeliest class, 0…1.
        package var probability: Float { Scale.sigmoid(logits.max() ?? -.infinity) }
    }

    /// The number of places in a picture that are worth a closer look.
    package static let usualPlaces = 10
    /// The IoU from which two places are one.
    private static let onePlace = 0.5

    /// Finds the places that are most probably an object of any class, the best first.
    /// - Parameters:
    ///   - classifiers: one for each class, on the features of patches.
    ///   - count: the most places to return; of two that overlap the better stays.
    package func places(
        by classifiers: [LinearClassifier], in encoding: Encoding, atMost count: Int = usualPlaces
    ) -> [Place] {
        let whole = Box(encoding.size)
        var candidates: [(place: Place, best: Float)] = []
        for view in encoding.views {
            let logits = classifiers.map { $0.logits(of: view.patches.features) }
            for patch in view.boxes.indices {
                let box = view.boxes[patch].intersection(whole)
                guard box.width >= 1, box.height >= 1 else { continue }
                let place = Place(box: box, logits: logits.map { $0[patch] })
                candidates.append((place, place.logits.max() ?? -.infinity))
            }
        }
        let order = candidates.indices.sorted { (candidates[$1].best, $0) < (candidates[$0].best, $1) }
        var places: [Place] = []
        for index in order where places.count < count {
            let place = candidates[index].place
            if !places.contains(where: { $0.box.iou(place.box) > Self.onePlace }) { places.append(place) }
        }
        return places
    }

    /// Looks at boxes and a little around them, each alone at the model's full size.
    ///
    /// One look has too little work for several threads; several looks share them better.
    /// - Parameter glances: boxes x1, y1, x2, y2 in pixels of the displayed picture.
    /// - Returns: for each the mean features of the middle two thirds and of the whole part, [2 C].
    /// - Throws: `CancellationError`.
    package func looks(at glances: [Glance], in picture: Picture, preparation: Preparation) throws -> [Tensor]
    {
        try Task.checkCancellation()
        return try Parallel.map(glances.count) { index in
            Result { try look(at: glances[index], in: picture, preparation) }
        }.map { try $0.get() }
    }

    private func look(at glance: Glance, in picture: Picture, _ preparation: Preparation) throws -> Tensor {
        let part = picture.part(seenBy: glance).picture
        let features = merged(try imageEncoder(preprocessing(part, preparation)))
        let grid = configuration.grid
        return features.reshaped([grid, grid, features.shape[1]]).middleAndWhole
    }
}
