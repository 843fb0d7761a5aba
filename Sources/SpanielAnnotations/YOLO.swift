import SpanielFiles
import SpanielImaging
import SpanielJSON
import SpanielPlatform

/// YOLO: data.yaml with the classes in their order, and a text file a picture, one object a line in fractions
/// of the picture's sides.
///
///     box:      class  centre x  centre y  width  height
///     segment:  class  x1 y1  x2 y2  x3 y3 …
enum YOLO {
    /// The label file of a picture: the last folder called images becomes labels, as Ultralytics has it.
    static func labels(of picture: String) -> String {
        var parts = Paths.withoutEnding(picture).split(separator: "/", omittingEmptySubsequences: false).map(
            String.init)
        if let place = parts.dropLast().lastIndex(of: "images") { parts[place] = "labels" }
        return parts.joined(separator: "/") + ".txt"
    }

    // MARK: Writing

    /// Pictures belong into the folder `images`, under the names the label files have; links go there where
    /// they are found.
    static func write(_ set: LabelledSet, to url: URL, _ options: AnnotationOptions, _ losses: inout Losses)
        throws(AnnotationError)
    {
        let shapes = set.pictures.lazy.flatMap(\.objects).contains { $0.shape != nil }
        let segments = options.yolo == .segments || options.yolo == .automatic && shapes
        losses.compare(
            set,
            with: segments
                ? [.shapes, .parts, .holes, .unusedClasses, .emptyPictures]
                : [.unusedClasses, .emptyPictures], of: .yolo)
        var names = FileNames()
        var files: [(name: String, bytes: [UInt8])] = []
        var links: [(name: String, target: String)] = []
        for picture in set.pictures {
            var text = ""
            for object in picture.objects {
                text += segments ? segment(object, picture.size, &losses) : box(object, picture.size, &losses)
            }
            let stem = names.stem(for: withoutImages(picture.file))
            files.append(("labels/\(stem).txt", Array(text.utf8)))
            if let folder = options.pictures {
                let target =
                    picture.file.hasPrefix("/") ? picture.file : Paths.absolute(folder) + "/" + picture.file
                let ending = picture.file.dropFirst(Paths.withoutEnding(picture.file).count)
                if FileKind(of: URL(filePath: target)) == .file {
                    links.append(("images/\(stem)\(ending)", target))
                }
            }
        }
        if options.pictures != nil {
            losses.count(
                "picture", "pictures", "not found: put it into images under its label file's name",
                set.pictures.count - links.count, isLoss: false)
        }
        if links.count < set.pictures.count {
            losses.count(
                "picture", "pictures", "given another name: put it into images under its label file's",
                names.changed)
        }
        let kept = AnnotationFile.others(in: url, "labels", ending: ".txt", than: files.map(\.name))
        losses.earlier("label file", "label files", kept)
        try AnnotationFile.writeFolder(url, links: links) { write throws(FileError) in
            for file in files { try write(file.name, file.bytes) }
            try write("data.yaml", yaml(set))
        }
    }

    /// A picture's path without its folders called images: trainers would look for its labels beside the last
    /// of them.
    private static func withoutImages(_ picture: String) -> String {
        let parts = picture.split(separator: "/", omittingEmptySubsequences: false)
        return (parts.dropLast().filter { $0 != "images" } + parts.suffix(1)).joined(separator: "/")
    }

    private static func yaml(_ set: LabelledSet) -> [UInt8] {
        // Without a path trainers take the file's own folder; Ultralytics would read "." from the current one.
        var text = "# Written by spaniel. The pictures go into the folder images.\n"
        text += "train: images\nval: images\nnc: \(set.classes.count)\n"
        text += set.classes.isEmpty ? "names: []\n" : "names:\n"
        for (index, label) in set.classes.enumerated() { text += "  \(index): \(JSON(label.name).text())\n" }
        return Array(text.utf8)
    }

    private static func box(_ object: LabelledObject, _ size: Size, _ losses: inout Losses) -> String {
        let box = clipped(object.box, size, &losses)
        let (w, h) = (Double(size.width), Double(size.height))
        let numbers = [(box.x1 + box.x2) / 2 / w, (box.y1 + box.y2) / 2 / h, box.width / w, box.height / h]
        return line(object, numbers)
    }

    private static func segment(_ object: LabelledObject, _ size: Size, _ losses: inout Losses) -> String {
        var ring: [Point]
        if let shape = object.shape {
            let polygons = shape.polygons.filter { $0.outer.count >= 3 }
            let rings = polygons.reduce(0) { $0 + 1 + $1.holes.count }
            losses.count(
                "object", "objects",
                "joined into one ring by cuts of no width, having several parts or holes", rings > 1 ? 1 : 0)
            ring = Bridges.ring(of: polygons)
            // One ring counts what two parts share as outside; then the pixels' own outline says it right.
            if polygons.count > 1, case .polygons = shape,
                RLE(polygon: [ring], size: size) != shape.rle(size: size)
            {
                ring = Bridges.ring(of: shape.mask(size: size).polygons())
            }
            if ring.isEmpty {
                losses.count("object", "objects", "left out: it has no pixel")
                return ""
            }
        } else {
            losses.count("box", "boxes", "written as four corners among segments")
            let box = object.box
            ring = [
                Point(x: box.x1, y: box.y1), Point(x: box.x2, y: box.y1), Point(x: box.x2, y: box.y2),
                Point(x: box.x1, y: box.y2),
            ]
        }
        let inside = ring.map {
            Point(x: min(Double(size.width), max(0, $0.x)), y: min(Double(size.height), max(0, $0.y)))
        }
        if inside != ring {
            losses.count(
                "outline", "outlines", "cut off at the picture's border: YOLO refuses fractions outside 0…1")
            ring = inside
        }
        return line(object, ring.flatMap { [$0.x / Double(size.width), $0.y / Double(size.height)] })
    }

    private static func clipped(_ box: Box, _ size: Size, _ losses: inout Losses) -> Box {
        let inside = box.clipped(to: size)
        if inside != box {
            losses.count(
                "box", "boxes", "cut off at the picture's border: YOLO refuses fractions outside 0…1")
        }
        return inside
    }

    private static func line(_ object: LabelledObject, _ numbers: [Double]) -> String {
        // Twelve decimals: a ten-millionth of a pixel in the largest picture.
        "\(object.classIndex) " + numbers.map { (($0 * 1e12).rounded() / 1e12).short }.joined(separator: " ")
            + "\n"
    }
}
