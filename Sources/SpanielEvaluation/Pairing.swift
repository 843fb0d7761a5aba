package import SpanielAnnotations
package import SpanielImaging
import SpanielJSON

/// Brings truth and predictions together: the objects of every picture and class of the truth, in the order
/// of their files.
package struct Pairing {
    package struct Cell {
        package var truth: [LabelledObject] = []
        package var found: [LabelledObject] = []
    }

    package let classes: [String]
    package let sizes: [Size]
    /// The rank of each picture in pycocotools, which goes by id; it decides between equal scores.
    package let ranks: [Int]
    /// The objects, for each class and picture; a cell that is absent is empty.
    package private(set) var cells: [[Int: Cell]]
    /// The number of found objects left out because the truth lacks their picture or class.
    package private(set) var unmatched = 0

    /// Matches pictures by path, or by the last part of it if that is unambiguous, and classes by name.
    package init(truth: LabelledSet, predictions: LabelledSet) throws(EvaluationError) {
        classes = truth.classes.map(\.name)
        sizes = truth.pictures.map(\.size)
        let numbers = truth.pictures.map(\.number)
        let order = truth.pictures.indices.sorted { (numbers[$0] ?? .max, $0) < (numbers[$1] ?? .max, $1) }
        var ranks = order
        for (rank, place) in order.enumerated() { ranks[place] = rank }
        self.ranks = ranks
        cells = Array(repeating: [:], count: truth.classes.count)
        for (place, picture) in truth.pictures.enumerated() {
            for object in picture.objects {
                cells[object.classIndex][place, default: Cell()].truth.append(object)
            }
        }
        let labels = try Self.classes(predictions, truth)
        let places = try Self.pictures(predictions, truth)
        for (picture, place) in zip(predictions.pictures, places) {
            guard let place else {
                unmatched += picture.objects.count
                continue
            }
            guard picture.size == sizes[place] else {
                throw .size(
                    file: picture.file, expected: Self.text(sizes[place]), found: Self.text(picture.size))
            }
            for object in picture.objects {
                guard object.score?.isNaN != true else { throw .score(file: picture.file) }
                if let label = labels[object.classIndex] {
                    cells[label][place, default: Cell()].found.append(object)
                } else {
                    unmatched += 1
                }
            }
        }
    }

    private static func text(_ size: Size) -> String { "\(size.width) x \(size.height)" }

    private static func classes(_ predictions: LabelledSet, _ truth: LabelledSet) throws(EvaluationError)
        -> [Int?]
    {
        if predictions.classes.map({ UTF8Key($0.name) }) == truth.classes.map({ UTF8Key($0.name) }) {
            return Array(predictions.classes.indices)
        }
        let known = Dictionary(truth.classes.enumerated().map { (UTF8Key($1.name), $0) }) { first, _ in first
        }
        let places = predictions.classes.map { known[UTF8Key($0.name)] }
        guard predictions.objectCount == 0 || places.contains(where: { $0 != nil }) else {
            throw .noCommonClass(
                predicted: predictions.classes.map(\.name), expected: truth.classes.map(\.name))
        }
        return places
    }

    private static func pictures(_ predictions: LabelledSet, _ truth: LabelledSet) throws(EvaluationError)
        -> [Int?]
    {
        if predictions.pictures.map({ UTF8Key($0.file) }) == truth.pictures.map({ UTF8Key($0.file) }) {
            return Array(predictions.pictures.indices)
        }
        let whole = Dictionary(truth.pictures.enumerated().map { (UTF8Key($1.file), $0) }) { first, _ in first
        }
        let ambiguous = -1
        let last = Dictionary(truth.pictures.enumerated().map { (UTF8Key(lastPart($1.file)), $0) }) { _, _ in
            ambiguous
        }
        let places = predictions.pictures.map { picture in
            whole[UTF8Key(picture.file)]
                ?? last[UTF8Key(lastPart(picture.file))].flatMap { $0 == ambiguous ? nil : $0 }
        }
        guard predictions.pictures.isEmpty || truth.pictures.isEmpty || places.contains(where: { $0 != nil })
        else {
            throw .noCommonPicture(predicted: predictions.pictures[0].file, expected: truth.pictures[0].file)
        }
        return places
    }

    private static func lastPart(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
