import SpanielFiles
import SpanielImaging
import SpanielJSON
import SpanielPlatform

/// Pascal VOC: a folder of XML files, one a picture, with whole-number boxes that count from 1 and include
/// their last pixel.
///
///     x1 = xmin − 1,  x2 = xmax
enum VOC {
    static let folder = "Annotations"

    static let keys = ["pose", "truncated", "difficult", "occluded"]
    static let defaults = [
        "pose": "Unspecified", "truncated": "0", "difficult": "0", "occluded": "0",
    ]

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
        let kept = AnnotationFile.others(in: url, folder, ending: ".xml", than: files.map(\.name))
        losses.earlier("annotation file", "annotation files", kept)
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
