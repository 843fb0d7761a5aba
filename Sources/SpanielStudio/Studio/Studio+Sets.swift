import SpanielAnnotations
import SpanielImaging

/// The project as a labelled set, and the split of a set.
extension Studio {
    enum Chosen: String, Sendable { case all, reviewed, labelled }

    /// The labelled objects of some pictures; pictures that were never read are left out.
    func labelledSet(_ chosen: Chosen) -> LabelledSet {
        labelledSet(
            order.filter { id in
                switch chosen {
                case .all: true
                case .reviewed: state.isReviewed(id)
                case .labelled: !state.annotations(in: id).isEmpty
                }
            })
    }

    func labelledSet(_ pictures: [Int64]) -> LabelledSet {
        let classes = state.orderedClasses
        let places = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($0.element.id, $0.offset) })
        var set = LabelledSet(classes: classes.map(\.name))
        for id in pictures {
            guard let record = state.pictures[id], let size = record.size, record.problem == nil,
                !record.isMissing || !state.annotations(in: id).isEmpty
            else { continue }
            let objects = state.annotations(in: id).compactMap { label -> LabelledObject? in
                guard let place = places[label.classID] else { return nil }
                var object = LabelledObject(
                    classIndex: place, box: label.shape.box, shape: label.shape.shape, score: label.score,
                    provenance: label.provenance)
                object.isCrowd = label.isCrowd
                return object
            }
            set.pictures.append(LabelledPicture(file: record.path, size: size, objects: objects))
        }
        return set
    }

    /// What is found in some pictures now, decided or not.
    func foundSet(_ pictures: [Int64], aboveThresholds: Bool) -> LabelledSet {
        let classes = state.orderedClasses
        var set = LabelledSet(classes: classes.map(\.name))
        for id in pictures {
            guard let record = state.pictures[id], let size = record.size else { continue }
            var objects: [LabelledObject] = []
            for (place, owner) in classes.enumerated() {
                let cut = aboveThresholds ? threshold(of: owner.id) ?? 0 : -1
                for candidate in ranker.candidates(owner.id, in: id) where candidate.score > cut {
                    objects.append(
                        LabelledObject(classIndex: place, box: candidate.box, score: Double(candidate.score)))
                }
            }
            set.pictures.append(LabelledPicture(file: record.path, size: size, objects: objects))
        }
        return set
    }

    /// Deals the pictures of a set out for training and validation: near-duplicates go together, and both get
    /// their share of every class where that can be.
    ///
    /// - Parameter share: the share for validation, 0…1.
    func split(_ set: LabelledSet, validation share: Double) -> (
        training: LabelledSet, validation: LabelledSet
    ) {
        let ids = Dictionary(state.pictures.values.map { ($0.path, $0.id) }) { first, _ in first }
        var members: [Int64: [Int]] = [:]
        for (place, picture) in set.pictures.enumerated() {
            let id = ids[picture.file] ?? Int64(place)
            members[groups[id] ?? id, default: []].append(place)
        }
        // By the rarest class that a group shows, so that each class is spread evenly; then by a mixed number.
        var counts = [Int](repeating: 0, count: set.classes.count)
        for picture in set.pictures { for object in picture.objects { counts[object.classIndex] += 1 } }
        func rarest(_ places: [Int]) -> Int {
            let shown = places.flatMap { set.pictures[$0].objects.map(\.classIndex) }
            return shown.min { (counts[$0], $0) < (counts[$1], $1) } ?? set.classes.count
        }
        let order = members.map { (group: $0.key, places: $0.value, kind: rarest($0.value)) }.sorted {
            ($0.kind, Self.mixed($0.group), $0.group) < ($1.kind, Self.mixed($1.group), $1.group)
        }
        var chosen: Set<Int> = []
        var (seen, taken) = (0, 0)
        for group in order {
            seen += group.places.count
            guard Double(taken) + Double(group.places.count) / 2 <= share * Double(seen) else { continue }
            chosen.formUnion(group.places)
            taken += group.places.count
        }
        var (training, validation) = (set, set)
        training.pictures = set.pictures.indices.filter { !chosen.contains($0) }.map { set.pictures[$0] }
        validation.pictures = set.pictures.indices.filter { chosen.contains($0) }.map { set.pictures[$0] }
        return (training, validation)
    }

    /// An order that has nothing to do with names, the same every time (SplitMix64).
    private static func mixed(_ id: Int64) -> UInt64 {
        var z = UInt64(bitPattern: id) &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
