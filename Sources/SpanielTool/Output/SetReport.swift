package import SpanielAnnotations
import SpanielImaging
package import SpanielJSON
import SpanielPlatform

/// What a labelled set holds: by class, by size, what stands twice, which pictures have no labels and which
/// labels no picture, and what could not be read.
package struct SetReport {
    private struct Row {
        let name: String
        var objects = 0
        var pictures = 0
        var outlines = 0
        var crowds = 0
    }

    private let reading: AnnotationReading
    private var rows: [Row] = []
    private var sizes: [(size: Size, count: Int)] = []
    /// COCO's classes of size, by the area of the box or the outline where it is said.
    private var areas = (small: 0, medium: 0, large: 0)
    /// Objects that another of their picture and class has the box and outline of.
    private var repeated: [String] = []
    private var repeatedPictures: [String] = []
    private var empty: [String] = []
    private var withoutLabels: [String]?
    /// nil: no picture is at hand, and none was asked for.
    private var withoutPicture: [String]?
    private var wantsPictures = false

    /// Whether nothing was lost.
    package var isComplete: Bool {
        reading.isComplete && (!wantsPictures || withoutPicture?.isEmpty != false)
    }

    package init(_ reading: AnnotationReading) {
        self.reading = reading
        let set = reading.set
        rows = set.classes.map { Row(name: $0.name) }
        var counts: [Size: Int] = [:]
        var files = Set<UTF8Key>()
        var last = [Int](repeating: -1, count: rows.count)
        for (place, picture) in set.pictures.enumerated() {
            counts[picture.size, default: 0] += 1
            if !files.insert(UTF8Key(picture.file)).inserted { repeatedPictures.append(picture.file) }
            if picture.objects.isEmpty { empty.append(picture.file) }
            var boxes: [Key: [Int]] = [:]
            let isLong = picture.objects.count > 32
            for (index, object) in picture.objects.enumerated() {
                rows[object.classIndex].objects += 1
                if object.shape != nil { rows[object.classIndex].outlines += 1 }
                if object.isCrowd { rows[object.classIndex].crowds += 1 }
                if last[object.classIndex] != place {
                    last[object.classIndex] = place
                    rows[object.classIndex].pictures += 1
                }
                let area = object.area ?? object.box.area
                if area < 32 * 32 {
                    areas.small += 1
                } else if area < 96 * 96 {
                    areas.medium += 1
                } else {
                    areas.large += 1
                }
                guard isLong else {
                    // A few are compared with each other sooner than they are sorted.
                    if picture.objects[..<index].contains(where: {
                        $0.box == object.box && $0.classIndex == object.classIndex
                            && $0.shape == object.shape
                    }) {
                        repeated.append(picture.file)
                    }
                    continue
                }
                let key = Key(classIndex: object.classIndex, box: object.box)
                if boxes[key]?.contains(where: { picture.objects[$0].shape == object.shape }) == true {
                    repeated.append(picture.file)
                } else {
                    boxes[key, default: []].append(index)
                }
            }
        }
        sizes = counts.map { ($0.key, $0.value) }.sorted {
            ($1.count, $0.size.width, $0.size.height) < ($0.count, $1.size.width, $1.size.height)
        }
    }

    private struct Key: Hashable {
        let classIndex: Int
        let box: Box
    }

    /// Finds out which pictures are there.
    ///
    /// - Parameter isFolderGiven: whether every label's picture must be among them.
    package mutating func compare(with finder: PictureFinder, isFolderGiven: Bool) {
        var finder = finder
        wantsPictures = isFolderGiven
        var used = Set<UTF8Key>()
        var missing: [String] = []
        for (place, picture) in reading.set.pictures.enumerated() {
            if case .file(let name, _) = finder.find(picture.file) {
                used.insert(UTF8Key(name))
            } else {
                missing.append(picture.file)
            }
            // Labels alone, as a download of them is: the other thousands are not there either.
            if !isFolderGiven, place == 20, used.isEmpty { return }
        }
        if isFolderGiven || !used.isEmpty { withoutPicture = missing }
        if isFolderGiven { withoutLabels = finder.all().filter { !used.contains(UTF8Key($0)) } }
    }

    // MARK: For people

    package func text(of path: String, _ format: String) -> String {
        let set = reading.set
        var text =
            "\(path.onOneLine): \(format), \(Self.count(set.pictures.count, "picture")), \(Self.count(set.objectCount, "object")), \(set.classes.count) class\(set.classes.count == 1 ? "" : "es")\n"
        let heads = ["objects", "pictures", "outlines", "crowds"]
        let width = max(7, rows.map { $0.name.onOneLine.count + 2 }.max() ?? 0)
        func line(_ name: String, _ cells: [String]) -> String {
            name + String(repeating: " ", count: max(0, width - name.count))
                + zip(cells, heads).map {
                    "  " + String(repeating: " ", count: max(0, $1.count - $0.count)) + $0
                }.joined() + "\n"
        }
        text += "\n" + line("classes", heads)
        for row in rows {
            text += line(
                "  " + row.name.onOneLine,
                [row.objects, row.pictures, row.outlines, row.crowds].map(String.init))
        }
        let some = sizes.prefix(5).map { "\($0.count) × \($0.size.width) x \($0.size.height)" }
        text +=
            "\nsizes of pictures: \(some.joined(separator: ", "))\(sizes.count > 5 ? " and \(sizes.count - 5) more" : "")\n"
        text +=
            "sizes of objects: \(areas.small) small (under 32 x 32), \(areas.medium) medium, \(areas.large) large (96 x 96 and more)\n"
        text += Self.list("objects that stand twice", repeated)
        text += Self.list("pictures that stand twice", repeatedPictures)
        text += Self.list("pictures without objects", empty)
        if let withoutLabels { text += Self.list("pictures that no label names", withoutLabels) }
        if let withoutPicture {
            text += Self.list("labels whose picture is not at hand", withoutPicture)
        } else {
            text += "pictures: not at hand (say with --pictures FOLDER where they lie)\n"
        }
        for (title, isLoss) in [("left out", true), ("changed", false)] {
            let notes = reading.notes.filter { $0.isLoss == isLoss }
            text += "\(title): \(notes.isEmpty ? "nothing" : "")\n"
            for note in notes { text += "  \(note.sentence.onOneLine)\n" }
        }
        if !reading.unreadable.isEmpty {
            text += "unreadable:\n"
            for error in reading.unreadable.prefix(20) { text += "  \(error.description.onOneLine)\n" }
            if reading.unreadable.count > 20 { text += "  and \(reading.unreadable.count - 20) more\n" }
        }
        return text
    }

    private static func count(_ count: Int, _ what: String) -> String {
        "\(count) \(what)\(count == 1 ? "" : "s")"
    }

    private static func list(_ title: String, _ names: [String]) -> String {
        let some = names.prefix(5).map { $0.onOneLine }.joined(separator: ", ")
        return "\(title): \(names.count)"
            + (names.isEmpty ? "" : " (\(some)\(names.count > 5 ? ", …" : ""))") + "\n"
    }

    // MARK: For programs

    package var json: JSON {
        func names(_ list: [String]) -> JSON {
            ["count": JSON(list.count), "files": JSON(list.prefix(1000).map { JSON($0) })]
        }
        var json: JSON = [
            "schema": 1, "complete": JSON(isComplete), "pictures": JSON(reading.set.pictures.count),
            "objects": JSON(reading.set.objectCount),
        ]
        json["classes"] = JSON(
            rows.map {
                [
                    "class": JSON($0.name), "objects": JSON($0.objects), "pictures": JSON($0.pictures),
                    "outlines": JSON($0.outlines), "crowds": JSON($0.crowds),
                ] as JSON
            })
        json["sizes"] = JSON(
            sizes.map {
                ["width": JSON($0.size.width), "height": JSON($0.size.height), "pictures": JSON($0.count)]
                    as JSON
            })
        json["areas"] = [
            "small": JSON(areas.small), "medium": JSON(areas.medium), "large": JSON(areas.large),
        ]
        json["repeatedObjects"] = names(repeated)
        json["repeatedPictures"] = names(repeatedPictures)
        json["picturesWithoutObjects"] = names(empty)
        if let withoutLabels { json["picturesWithoutLabels"] = names(withoutLabels) }
        if let withoutPicture { json["labelsWithoutPictures"] = names(withoutPicture) }
        json["notes"] = reading.notes.json
        json["unreadable"] = JSON(reading.unreadable.map { JSON($0.description) })
        return json
    }
}
