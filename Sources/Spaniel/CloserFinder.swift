public import PerSAM
public import SpanielImaging
package import Tensor

/// Finds every instance of well taught classes in two looks: where something is, and what it is when seen
/// alone.
///
/// The places that are likeliest to hold any of the classes, by a classifier of the cells, are drawn with SAM and
/// looked at one by one at the model's full size; where the closer look sees the object's edges, SAM is asked
/// for the mask within them:
///
///     score = (probability that the place is of any of the classes)^¼ · probability of the closer look
///
/// A class that was not taught closer looks (`PerSAM.Concept.looksCloser`) is found as `PerSAM.find` does.
public struct CloserFinder: Sendable {
    /// The model that finds and draws.
    public let persam: PerSAM

    /// Uses a loaded model; nothing else is loaded.
    public init(_ persam: PerSAM) { self.persam = persam }

    /// The most places that are looked at in a picture: one with many objects takes so much longer.
    private static let mostPlaces = 64

    /// Finds every instance of several classes in a picture that was encoded in tiles: closer looks show what is
    /// small already, so that a class that was taught them is searched for in tiles by its similarity.
    /// - Throws: what the same for a whole picture throws.
    public func find(
        _ concepts: [PerSAM.Concept], in picture: Picture, _ encoding: PerSAM.TiledEncoding,
        options: PerSAM.FindOptions = PerSAM.FindOptions()
    ) throws -> PerSAM.Findings {
        guard let whole = encoding.views.first, encoding.views.count == 1 else {
            return try persam.find(concepts, in: encoding, options: options)
        }
        return try find(concepts, in: picture, whole.encoding, options: options)
    }

    /// Finds every instance of several classes.
    /// - Parameters:
    ///   - concepts: the classes.
    ///   - picture: the picture.
    ///   - encoding: the picture's, from `PerSAM.encode`.
    ///   - options: how to search; closer looks are for the usual strategy, `peak`, without `faithful`.
    /// - Returns: the objects of all classes, the best first.
    /// - Throws: what `PerSAM.find` throws; `CancellationError`.
    public func find(
        _ concepts: [PerSAM.Concept], in picture: Picture, _ encoding: PerSAM.Encoding,
        options: PerSAM.FindOptions = PerSAM.FindOptions()
    ) throws -> PerSAM.Findings {
        guard concepts.contains(where: \.looksCloser), options.strategy == .peak, !options.faithful else {
            return try persam.find(concepts, in: encoding, options: options)
        }
        for concept in concepts { try persam.check(concept) }
        // Classes that were learnt together have one classifier of places.
        var places: [LinearClassifier] = []
        for place in concepts.compactMap(\.taught?.place)
        where !places.contains(where: { $0.bias == place.bias && $0.weights.array == place.weights.array }) {
            places.append(place)
        }
        let candidates = try candidates(
            by: places, in: picture, encoding, atMost: max(PerSAM.usualPlaces, Self.mostPlaces))
        let seen = concepts.map { concept in
            concept.taught.map { taught in
                candidates.compactMap {
                    $0.seen(CloserClassifier(own: taught.closer, other: taught.other))
                }
            }
        }
        return try persam.find(concepts, seen: seen, in: encoding, options: options)
    }

    /// Looks at the likeliest places, each alone, and has SAM draw what is there.
    fileprivate func candidates(
        by classifiers: [LinearClassifier], in picture: Picture, _ encoding: PerSAM.Encoding, atMost most: Int
    ) throws -> [CloserCandidate] {
        let places = try persam.places(by: classifiers, in: encoding, atMost: most)
        let glances = places.map { Glance($0.box, .upright) }
        let looks = try persam.looks(at: glances, in: picture, drawing: true)
        let both = CloserLook.both(
            looks.map(\.features), try persam.features?.looks(at: glances, in: picture))
        return places.indices.map { index in
            let (place, look) = (places[index], looks[index])
            let answer = persam.sam.answer(.init(box: look.box ?? place.box), in: encoding.masks)
            return CloserCandidate(
                box: place.box, logits: place.logits, mask: answer.box, looks: [both[index]],
                answer: answer, point: place.point)
        }
    }

    /// The finder as it is taught.
    package struct Cascade: CloserCascade {
        private let finder: CloserFinder
        /// A picture of many objects shows enough mistakes in so many places.
        private static let places = 16

        package init(_ finder: CloserFinder) { self.finder = finder }

        package func size(of encoding: PerSAM.Encoding) -> Size { encoding.frame.original }

        package func rows(_ scenes: [(encoding: PerSAM.Encoding, labelled: [LabelledRegion])]) -> CellRows {
            CellRows(scenes, finder.persam)
        }

        package func candidates(
            by classifiers: [LinearClassifier], in picture: Picture, _ encoding: PerSAM.Encoding
        ) throws -> [CloserCandidate] {
            try finder.candidates(by: classifiers, in: picture, encoding, atMost: Self.places)
        }

        package func looks(at glances: [Glance], in picture: Picture) throws -> [CloserLook] {
            let persam = finder.persam
            let own = try persam.looks(at: glances, in: picture, drawing: false).map(\.features)
            return CloserLook.both(own, try persam.features?.looks(at: glances, in: picture))
        }

        /// Candidates are drawn already.
        package func exact(
            _ candidates: [CloserCandidate], _ closer: [LinearClassifier], in picture: Picture,
            _ encoding: PerSAM.Encoding
        ) -> [CloserCandidate] { candidates }
    }
}

extension CloserCandidate {
    /// What was seen here of a class; nil where SAM draws nothing.
    fileprivate func seen(_ classifier: CloserClassifier) -> PerSAM.SeenObject? {
        guard let answer, let point, mask != nil else { return nil }
        let opinion = opinion(of: classifier)
        return PerSAM.SeenObject(
            answer: answer, point: point, place: probability, closer: opinion.probability,
            score: score(opinion))
    }
}
