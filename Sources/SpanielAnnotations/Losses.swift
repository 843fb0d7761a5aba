import SpanielImaging
import SpanielJSON
import SpanielPlatform

/// What could not be taken over, counted by kind while reading or writing, and said in sentences at the end.
struct Losses {
    private struct Entry {
        let kind: String
        let one: String
        let many: String
        let what: String
        let isLoss: Bool
        var count: Int
    }

    private var counted: [Entry] = []
    private var said: [(sentence: String, isLoss: Bool)] = []

    /// Says that what was written before into the same folder is still there, and part of what readers find.
    mutating func earlier(_ one: String, _ many: String, _ count: Int) {
        let what = "of an earlier set still there: remove what shall not be read too"
        self.count(one, many, what, count, isLoss: false)
    }

    /// Counts one more of a kind: "3 masks left out: Pascal VOC holds boxes only".
    ///
    /// - Parameters:
    ///   - kind: the kind's name for scripts; nil: made of the sentence.
    ///   - isLoss: whether something is no longer there, not only there in another form.
    mutating func count(
        _ one: String, _ many: String, _ what: String, _ count: Int = 1, kind: String? = nil,
        isLoss: Bool = true
    ) {
        guard count > 0 else { return }
        // The latest kinds come again first.
        if let known = counted.lastIndex(where: { $0.what == what && $0.one == one }) {
            counted[known].count += count
        } else {
            counted.append(
                Entry(
                    kind: kind ?? Self.slug("\(one) \(what)"), one: one, many: many, what: what,
                    isLoss: isLoss, count: count))
        }
    }

    /// Says a sentence once.
    mutating func say(_ sentence: String, isLoss: Bool = true) {
        if !said.contains(where: { $0.sentence == sentence }) { said.append((sentence, isLoss)) }
    }

    /// In the order they were first counted.
    var notes: [AnnotationNote] {
        counted.map {
            AnnotationNote(
                kind: $0.kind, count: $0.count,
                sentence: "\($0.count) \($0.count == 1 ? $0.one : $0.many) \($0.what)", isLoss: $0.isLoss)
        }
            + said.map {
                AnnotationNote(
                    kind: Self.slug($0.sentence), count: 1, sentence: $0.sentence, isLoss: $0.isLoss)
            }
    }

    /// "mask left out: Pascal VOC holds boxes only" → `mask-left-out`.
    private static func slug(_ sentence: String) -> String {
        sentence.prefix { $0 != ":" }.lowercased().split { !$0.isLetter && !$0.isNumber }.prefix(5).joined(
            separator: "-")
    }
}

/// What a format has a place for, beyond a class and a box.
struct Holding: OptionSet {
    let rawValue: Int
    static let shapes = Holding(rawValue: 1)
    static let scores = Holding(rawValue: 2)
    static let provenance = Holding(rawValue: 4)
    static let crowds = Holding(rawValue: 8)
    /// Classes that no object has, and their order.
    static let unusedClasses = Holding(rawValue: 16)
    static let emptyPictures = Holding(rawValue: 32)
    /// Ids of pictures, and of classes and objects with their stated areas.
    static let pictureNumbers = Holding(rawValue: 64)
    static let numbers = Holding(rawValue: 192)
    /// A box that is not the one around the shape.
    static let boxesOfShapes = Holding(rawValue: 256)
    /// Outlines as their corners: of one ring, of several parts, with holes.
    static let rings = Holding(rawValue: 512)
    static let parts = Holding(rawValue: 1536)
    static let holes = Holding(rawValue: 2048)
}

extension Losses {
    /// Counts what a set holds and the format does not.
    mutating func compare(_ set: LabelledSet, with holding: Holding, of format: AnnotationFormat) {
        let name = format.title
        var used = Swift.Set<Int>()
        var foreign = Swift.Set<String>()
        var numbered = false
        func note(_ extras: Extras) { if extras.format != format { foreign.formUnion(extras.fields.keys) } }
        note(set.extras)
        for label in set.classes {
            note(label.extras)
            if label.number != nil { numbered = true }
        }
        for picture in set.pictures {
            note(picture.extras)
            if picture.number != nil, !holding.contains(.pictureNumbers) { numbered = true }
            if picture.objects.isEmpty, !holding.contains(.emptyPictures) {
                count("picture", "pictures", "without objects left out: \(name) has no place for them")
            }
            for object in picture.objects {
                note(object.extras)
                used.insert(object.classIndex)
                if object.number != nil || object.area != nil { numbered = true }
                if let shape = object.shape {
                    if !holding.contains(.shapes) {
                        count("mask", "masks", "left out: \(name) holds boxes only")
                    } else {
                        compare(shape, of: object, with: holding, name)
                    }
                }
                if object.score != nil, !holding.contains(.scores) {
                    count("score", "scores", "left out: \(name) has no place for them")
                }
                if object.provenance != nil, !holding.contains(.provenance) {
                    count(
                        "object", "objects",
                        "written without who made it, person or model: \(name) has no place for that")
                }
                if object.isCrowd, !holding.contains(.crowds) {
                    count("crowd", "crowds", "written as one object each: \(name) has no crowds")
                }
            }
        }
        if !holding.contains(.unusedClasses) {
            count(
                "class", "classes", "without objects left out: \(name) has no list of classes",
                set.classes.indices.count { !used.contains($0) })
        }
        if numbered, !holding.contains(.numbers) {
            say("ids and stated areas left out: \(name) has no place for them")
        }
        if !foreign.isEmpty {
            let keys = foreign.sorted()
            let some =
                keys.prefix(6).joined(separator: ", ") + (keys.count > 6 ? " and \(keys.count - 6) more" : "")
            say("fields that only the format they came from knows left out: \(some)")
        }
    }

    private mutating func compare(
        _ shape: LabelledObject.Shape, of object: LabelledObject, with holding: Holding, _ name: String
    ) {
        // Files round their boxes to hundredths.
        if !holding.contains(.boxesOfShapes), let box = shape.box, !object.box.isNear(box, 0.01) {
            count(
                "box", "boxes", "that its mask does not fill left out: \(name) takes the box around the mask")
        }
        guard case .polygons(let polygons) = shape, !shape.followsPixels else { return }
        func say(_ what: String) {
            count("outline", "outlines", "written as the pixels inside: \(name) has no place for \(what)")
        }
        if !holding.contains(.rings) {
            say("outlines")
        } else if polygons.contains(where: { !$0.holes.isEmpty }) {
            if !holding.contains(.holes) { say("holes") }
        } else if polygons.count > 1, !holding.contains(.parts) {
            say("outlines of several parts")
        }
    }
}

extension Box {
    fileprivate func isNear(_ other: Box, _ distance: Double) -> Bool {
        abs(x1 - other.x1) <= distance && abs(y1 - other.y1) <= distance && abs(x2 - other.x2) <= distance
            && abs(y2 - other.y2) <= distance
    }
}
