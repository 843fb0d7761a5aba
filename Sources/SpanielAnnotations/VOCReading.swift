import SpanielFiles
import SpanielImaging
import SpanielJSON
import SpanielPlatform

extension VOC {
    /// The set is read by the format's rule, and once more where its boxes turn out to count from 0.
    static func read(_ url: URL, _ reading: inout Reading) throws(AnnotationError) -> LabelledSet {
        let untouched = reading
        var origin = VOCOrigin(first: 1)
        let set = try read(url, &origin, &reading)
        let count = origin.boxesAtZero
        guard count > 0 else { return set }
        reading = untouched
        reading.losses.count(
            "box", "boxes",
            "beginning at 0: the set counts from 0, not from 1 as Pascal VOC does, and is read so",
            count, kind: "counts-from-0", isLoss: false)
        origin = VOCOrigin(first: 0)
        return try read(url, &origin, &reading)
    }

    /// Classes are numbered by their names in byte order: the files have no list of them.
    private static func read(
        _ url: URL, _ origin: inout VOCOrigin, _ reading: inout Reading
    ) throws(AnnotationError) -> LabelledSet {
        let inner = url.appending(path: folder)
        let root = FileKind(of: inner) == .folder ? inner : url
        var table = ClassTable()
        var pictures: [LabelledPicture] = []
        var stems = Set<UTF8Key>()
        for name in try AnnotationFile.names(in: root, ending: [".xml"]) {
            stems.insert(UTF8Key(Paths.last(Paths.withoutEnding(name))))
            do throws(AnnotationError) {
                let tag = try Tag(
                    parsing: AnnotationFile.bytes(of: root.appending(path: name)), name: name,
                    root: "annotation")
                if let picture = try picture(tag, file: name, &table, &origin, &reading) {
                    pictures.append(picture)
                }
            } catch { reading.file(error) }
        }
        pictures += try unlabelled(beside: root, of: url, stems, &reading)
        return table.set(sorted: pictures)
    }

    private static func picture(
        _ tag: Tag, file: String, _ table: inout ClassTable, _ origin: inout VOCOrigin,
        _ reading: inout Reading
    ) throws(AnnotationError) -> LabelledPicture? {
        let sides = tag.child("size")
        // LabelMe's page of old says rows and columns.
        let other = tag.child("imagesize")
        let declared = try (sides ?? tag).declaredSize(
            sides?.child("width")?.text ?? other?.child("ncols")?.text,
            sides?.child("height")?.text ?? other?.child("nrows")?.text)
        let (name, size) = try self.name(tag, file: file, declared, &reading)
        var picture = LabelledPicture(file: name, size: size)
        let before = reading.faultyShapes
        for tag in tag.children("object") {
            if tag.child("deleted")?.text == "1" {
                reading.losses.count(
                    "object", "objects", "left out: marked as deleted", kind: "deleted")
                continue
            }
            do throws(AnnotationError) {
                if let name = tag.child("name"), name.text.isEmpty {
                    reading.shape(name.error("a label", "nothing", at: ""), as: .unlabelled)
                    continue
                }
                let object = try object(tag, &table, &origin)
                let outside = {
                    (tag.child("bndbox") ?? tag).error(
                        "a box inside the picture's \(size.width) x \(size.height) pixels",
                        object.box.extentText, at: "")
                }
                if let inside = try reading.inside(object, size, error: outside) {
                    picture.objects.append(inside)
                }
            } catch { reading.shape(error) }
            reading.losses.count(
                "<part> element", "<part> elements", "left out: the parts of an object are none of their own",
                tag.children("part").count, kind: "part")
        }
        return reading.isEmptied(picture.objects, since: before) ? nil : picture
    }

    /// The picture with the XML's own stem where there is one, else the one that it names.
    ///
    /// Renamed pictures keep their old names inside: detectron2 and mmdetection go by the stem too.
    private static func name(
        _ tag: Tag, file: String, _ declared: Size?, _ reading: inout Reading
    ) throws(AnnotationError) -> (String, Size) {
        let stem = Paths.withoutEnding(file)
        let written = tag.child("filename")?.text ?? tag.child("path")?.text ?? ""
        let inner = PictureFinder.parts(of: written)
        var name = written.contains("\\") ? inner.last ?? "" : written
        if name.isEmpty { name = Paths.last(stem) }
        if !name.contains("/") { name = Paths.join(Paths.folder(file), name) }
        let isOwn =
            Paths.withoutEnding(Paths.last(name)) == Paths.last(stem) || Paths.last(name) == Paths.last(stem)
        if !isOwn, case .file(let own, _) = reading.pictures.find(stem: stem) {
            reading.losses.count(
                "file", "files",
                "taken for the picture of their own name, which is there: inside they name another",
                kind: "stale-filename", isLoss: false)
            name = own
        }
        return try reading.picture(name, or: stem, size: declared, search: true) {
            (tag.child("size") ?? tag).error(
                Reading.sizeWanted,
                "\(tag.child("size")?.child("width")?.text ?? "none") x \(tag.child("size")?.child("height")?.text ?? "none")",
                at: "")
        }
    }

    private static func object(
        _ tag: Tag, _ table: inout ClassTable, _ origin: inout VOCOrigin
    ) throws(AnnotationError) -> LabelledObject {
        let first = origin.first
        let rings = try tag.children("polygon").map { polygon throws(AnnotationError) in
            Polygon(outer: try ring(polygon, first: first))
        }
        var shape: LabelledObject.Shape? = rings.isEmpty ? nil : .polygons(rings)
        var box: Box?
        if let turned = tag.child("robndbox") {
            let ring = try self.turned(turned)
            shape = shape ?? .polygons([Polygon(outer: ring)])
        } else if shape == nil || tag.child("bndbox") != nil {
            box = try self.box(tag.required("bndbox"), &origin)
        }
        let name = try tag.required("name").text
        var object = LabelledObject(classIndex: table.index(of: name), box: box, shape: shape)
        var fields = JSON.Object()
        for key in keys {
            if let text = tag.child(key)?.text, text != defaults[key] { fields.append(key, JSON(text)) }
        }
        object.extras = Extras(.voc, fields)
        return object
    }

    private static func box(_ bounds: Tag, _ origin: inout VOCOrigin) throws(AnnotationError) -> Box {
        let (xmin, ymin) = (try bounds.required("xmin").double(), try bounds.required("ymin").double())
        let (xmax, ymax) = (try bounds.required("xmax").double(), try bounds.required("ymax").double())
        let box = Box(x1: xmin - origin.first, y1: ymin - origin.first, x2: xmax, y2: ymax)
        guard box.x1 <= box.x2, box.y1 <= box.y2 else {
            throw bounds.error("xmin ≤ xmax and ymin ≤ ymax", "\(xmin), \(ymin), \(xmax), \(ymax)", at: "")
        }
        origin.see(xmin: xmin, ymin: ymin, xmax: xmax, ymax: ymax)
        return box
    }

    /// roLabelImg's box: its center and sides, and its turn clockwise in radians.
    private static func turned(_ tag: Tag) throws(AnnotationError) -> [Point] {
        let center = Point(x: try tag.required("cx").double(), y: try tag.required("cy").double())
        let (w, h) = (try tag.required("w").double(), try tag.required("h").double())
        guard w >= 0, h >= 0 else { throw tag.error("w and h of 0 at least", "\(w), \(h)", at: "") }
        let box = Box(
            x1: center.x - w / 2, y1: center.y - h / 2, x2: center.x + w / 2, y2: center.y + h / 2)
        return Outlines.box(box, degrees: try tag.required("angle").double() * 180 / .pi)
    }

    /// <x1> <y1> <x2> …, which count as boxes do, or LabelMe's <pt><x> <y>, which count from 0.
    private static func ring(_ tag: Tag, first: Double) throws(AnnotationError) -> [Point] {
        var ring = try tag.children("pt").map { point throws(AnnotationError) in
            Point(x: try point.required("x").double(), y: try point.required("y").double())
        }
        if ring.isEmpty {
            let numbers = tag.children.filter { $0.name.hasPrefix("x") || $0.name.hasPrefix("y") }
            guard numbers.count % 2 == 0 else {
                throw tag.error("<x1> <y1> <x2> <y2> …", "\(numbers.count) numbers", at: "")
            }
            for place in stride(from: 0, to: numbers.count, by: 2) {
                ring.append(
                    Point(
                        x: try numbers[place].double() - first, y: try numbers[place + 1].double() - first))
            }
        }
        guard ring.count >= 3 else {
            throw tag.error("three corners at least", "\(ring.count)", at: "")
        }
        return ring
    }

    /// The picture that a line of a list names: lists of a class say -1, 0 or 1 behind it.
    private static func stem(_ line: Substring) -> String? {
        var line = line.trimmed
        if line.count > 1, line.first == "\"", line.last == "\"" {
            line = String(line.dropFirst().dropLast())
        }
        if let space = line.lastIndex(where: { $0 == " " || $0 == "\t" }),
            ["-1", "0", "1"].contains(line[space...].trimmed)
        {
            line = line[..<space].trimmed
        }
        return line.isEmpty ? nil : Paths.last(line)
    }

    /// Pictures that the lists in ImageSets name and that have no XML: they show nothing of interest.
    ///
    /// A list none of whose pictures has one is of pictures that nobody labelled, as VOC's test.txt is.
    private static func unlabelled(
        beside root: URL, of url: URL, _ labelled: Set<UTF8Key>, _ reading: inout Reading
    ) throws(AnnotationError) -> [LabelledPicture] {
        let lists = [url, root.deletingLastPathComponent()].map { $0.appending(path: "ImageSets") }
        guard let folder = lists.first(where: { FileKind(of: $0) == .folder }) else { return [] }
        var pictures: [LabelledPicture] = []
        var seen = labelled
        for list in try AnnotationFile.names(in: folder, ending: [".txt"]) {
            let text = try AnnotationFile.text(of: folder.appending(path: list), name: "ImageSets/" + list)
            let stems = text.split(whereSeparator: \.isNewline).compactMap(stem)
            guard stems.contains(where: { labelled.contains(UTF8Key($0)) }) else {
                if !stems.isEmpty {
                    reading.losses.say(
                        "ImageSets/\(list) passed over: none of its pictures has an XML file", isLoss: false)
                }
                continue
            }
            for stem in stems where seen.insert(UTF8Key(stem)).inserted {
                guard case .file(let name, let path) = reading.pictures.find(stem: stem),
                    let size = try? Size(ofPictureAt: URL(filePath: path))
                else {
                    reading.losses.count(
                        "picture", "pictures", "of ImageSets left out: without an XML file and not at hand",
                        kind: "listed-missing")
                    continue
                }
                pictures.append(LabelledPicture(file: name, size: size))
            }
        }
        return pictures
    }
}
