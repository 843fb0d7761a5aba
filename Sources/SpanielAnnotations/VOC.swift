import SpanielFiles
import SpanielImaging
import SpanielJSON
import SpanielPlatform

/// Pascal VOC: a folder of XML files, one a picture, with whole-number boxes that count from 1 and include
/// their last pixel.
///
///     x1 = xmin − 1,  x2 = xmax
enum VOC {
    private static let folder = "Annotations"

    // MARK: Reading

    /// Classes are numbered by their names in byte order: the files have no list of them.
    static func read(_ url: URL, _ options: AnnotationOptions, _ losses: inout Losses) throws(AnnotationError)
        -> LabelledSet
    {
        let inner = url.appending(path: folder)
        let root = FileKind(of: inner) == .folder ? inner : url
        var table = ClassTable()
        var pictures: [LabelledPicture] = []
        for name in try AnnotationFile.names(in: root, ending: [".xml"]) {
            let tag = try Tag(
                parsing: AnnotationFile.bytes(of: root.appending(path: name)), name: name, root: "annotation")
            pictures.append(try picture(tag, file: name, options, &table))
        }
        return table.set(sorted: pictures)
    }

    private static func picture(
        _ tag: Tag, file: String, _ options: AnnotationOptions, _ table: inout ClassTable
    ) throws(AnnotationError) -> LabelledPicture {
        let sides = try tag.required("size")
        let width = try sides.required("width").int(in: 1...Limits.pixels)
        let size = Size(width: width, height: try sides.required("height").int(in: 1...Limits.pixels / width))
        let name = try tag.required("filename").text
        var picture = LabelledPicture(
            file: name.contains("/") ? name : Paths.join(Paths.folder(file), name), size: size)
        for object in tag.children("object") {
            let bounds = try object.required("bndbox")
            let box = Box(
                x1: try bounds.required("xmin").double() - 1, y1: try bounds.required("ymin").double() - 1,
                x2: try bounds.required("xmax").double(), y2: try bounds.required("ymax").double())
            guard box.x1 <= box.x2, box.y1 <= box.y2 else {
                throw bounds.error(
                    "xmin ≤ xmax and ymin ≤ ymax", "\(box.x1 + 1), \(box.y1 + 1), \(box.x2), \(box.y2)",
                    at: "")
            }
            if !options.allowsBoxesOutside, !box.isInside(size) {
                throw bounds.error(
                    "a box inside the picture's \(size.width) x \(size.height) pixels", "\(box)", at: "")
            }
            var labelled = LabelledObject(
                classIndex: table.index(of: try object.required("name").text), box: box)
            var fields = JSON.Object()
            for key in keys {
                if let text = object.child(key)?.text, text != defaults[key] {
                    fields.append(key, JSON(text))
                }
            }
            labelled.extras = Extras(.voc, fields)
            picture.objects.append(labelled)
        }
        return picture
    }

    private static let keys = ["pose", "truncated", "difficult", "occluded"]
    private static let defaults = [
        "pose": "Unspecified", "truncated": "0", "difficult": "0", "occluded": "0",
    ]

    // MARK: Writing

    static func write(_ set: LabelledSet, to url: URL, _ losses: inout Losses) throws(AnnotationError) {
        losses.compare(set, with: [.emptyPictures], of: .voc)
        var names = FileNames()
        var replaced = 0
        var moved = 0
        let files = set.pictures.map { picture in
            var writer = XMLWriter()
            writer.element("annotation") { write(picture, set, to: &$0, &moved) }
            replaced += writer.replaced
            return (name: "\(folder)/\(names.stem(for: picture.file)).xml", bytes: writer.bytes)
        }
        losses.count("box", "boxes", "moved to whole pixels: Pascal VOC holds no others", moved)
        losses.count("character", "characters", "replaced that XML cannot hold", replaced)
        try AnnotationFile.writeFolder(url) { write throws(FileError) in
            for file in files { try write(file.name, file.bytes) }
        }
    }

    private static func write(
        _ picture: LabelledPicture, _ set: LabelledSet, to writer: inout XMLWriter, _ moved: inout Int
    ) {
        writer.element("filename", text: picture.file)
        writer.element("size") {
            $0.element("width", text: "\(picture.size.width)")
            $0.element("height", text: "\(picture.size.height)")
            $0.element("depth", text: "3")
        }
        writer.element("segmented", text: "0")
        for object in picture.objects {
            let box = object.box.rounded(inside: picture.size)
            if box != object.box { moved += 1 }
            let extras = object.extras.of(.voc)
            writer.element("object") { writer in
                writer.element("name", text: set.classes[object.classIndex].name)
                for key in keys { writer.element(key, text: extras[key]?.string ?? defaults[key]) }
                writer.element("bndbox") {
                    $0.element("xmin", text: "\(Int(box.x1) + 1)")
                    $0.element("ymin", text: "\(Int(box.y1) + 1)")
                    $0.element("xmax", text: "\(Int(box.x2))")
                    $0.element("ymax", text: "\(Int(box.y2))")
                }
            }
        }
    }
}

extension Box {
    /// The nearest box of whole pixels inside a picture, one pixel at least.
    fileprivate func rounded(inside size: Size) -> Box {
        func side(_ low: Double, _ high: Double, _ limit: Int) -> (Double, Double) {
            let first = min(Double(limit - 1), max(0, low.rounded()))
            return (first, min(Double(limit), max(first + 1, high.rounded())))
        }
        let (x1, x2) = side(x1, x2, size.width)
        let (y1, y2) = side(y1, y2, size.height)
        return Box(x1: x1, y1: y1, x2: x2, y2: y2)
    }
}
