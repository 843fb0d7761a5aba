import Foundation
import SpanielAnnotations
import SpanielImaging
import SpanielJSON
import SpanielTestSupport
import Testing

extension FormatTrapTests {
    // MARK: Losses

    @Test(
        "what a format cannot hold is said: outlines that become pixels, boxes that differ from the mask's",
        arguments: AnnotationFormat.allCases)
    func losses(format: AnnotationFormat) throws {
        let triangle = Polygon(outer: [Point(x: 1, y: 1), Point(x: 9, y: 4), Point(x: 1, y: 4)])
        let other = Polygon(outer: [Point(x: 11, y: 1), Point(x: 19, y: 4), Point(x: 11, y: 4)])
        let holed = Polygon(
            outer: [Point(x: 0, y: 0), Point(x: 9.5, y: 0), Point(x: 5, y: 9)],
            holes: [[Point(x: 4, y: 2), Point(x: 6, y: 2), Point(x: 5, y: 4)]])
        var set = Self.one(LabelledObject(classIndex: 0, shape: .polygons([triangle])))
        set.pictures[0].objects.append(LabelledObject(classIndex: 0, shape: .polygons([triangle, other])))
        set.pictures[0].objects.append(LabelledObject(classIndex: 0, shape: .polygons([holed])))
        set.pictures[0].objects.append(
            LabelledObject(classIndex: 0, box: Box(x1: 0, y1: 0, x2: 20, y2: 12), shape: .init(Self.holed)))
        set.pictures[0].objects.append(
            LabelledObject(classIndex: 0, shape: .polygons(Self.parted.polygons())))
        let folder = try ScratchFolder()
        let losses = try set.write(format, to: folder["out"])
        let name = format.title
        let outlines = losses.filter { $0.contains("written as the pixels inside") }
        switch format {
        case .voc: #expect(losses.contains("5 masks left out: Pascal VOC holds boxes only") && outlines == [])
        case .coco, .labelme:
            #expect(outlines == ["1 outline written as the pixels inside: \(name) has no place for holes"])
        case .cvat, .labelStudio:
            #expect(
                outlines == [
                    "1 outline written as the pixels inside: \(name) has no place for outlines of several parts",
                    "1 outline written as the pixels inside: \(name) has no place for holes",
                ])
        case .yolo:
            #expect(
                losses.contains(
                    "4 objects joined into one ring by cuts of no width, having several parts or holes"))
        case .masks, .cocoResults:
            #expect(
                outlines == ["3 outlines written as the pixels inside: \(name) has no place for outlines"])
        }
        let boxes = losses.contains(
            "1 box that its mask does not fill left out: \(name) takes the box around the mask")
        #expect(boxes == ![.coco, .cocoResults, .voc].contains(format))
    }

    // MARK: Pictures

    @Test("with the pictures' folder known YOLO gets links to them and LabelMe a path that leads there")
    func pictures() throws {
        let folder = try ScratchFolder()
        try folder.write("photos/in/a.JPG", blank(Self.size))
        var set = Self.one(LabelledObject(classIndex: 0, shape: .init(Self.holed)), file: "in/a.JPG")
        set.pictures.append(LabelledPicture(file: "not there.png", size: Self.size))
        var options = AnnotationOptions()
        options.pictures = folder["photos"]
        _ = try set.write(.yolo, to: folder["out"], options: options)
        #expect(
            try Data(contentsOf: folder["out/images/in/a.JPG"]) == Data(contentsOf: folder["photos/in/a.JPG"])
        )
        let back = try LabelledSet.read(.yolo, at: folder["out"]).set
        #expect(back.pictures.map(\.file) == ["images/in/a.JPG"])
        #expect(back.pictures[0].objects[0].mask(size: Self.size) == Self.holed)
        // A second time what is there already stays.
        #expect(throws: Never.self) { try set.write(.yolo, to: folder["out"], options: options) }
        _ = try set.write(.labelme, to: folder["me"], options: options)
        let json = try JSON(parsing: Data(contentsOf: folder["me/in/a.json"]))
        #expect(json["imagePath"] == "../../photos/in/a.JPG")
        #expect(
            try LabelledSet.read(.labelme, at: folder["me"]).set.pictures.map(\.file) == [
                "../photos/in/a.JPG", "../photos/not there.png",
            ])
    }

    @Test("a list under coco: is a file of results where the truth is at hand, and an error where it is not")
    func resultsAsCOCO() throws {
        var options = AnnotationOptions()
        options.truth = Self.one(LabelledObject(classIndex: 0, box: Box(x1: 1, y1: 1, x2: 4, y2: 4)))
        let list = #" [{"image_id":1,"category_id":1,"bbox":[0,0,1,1],"score":0.5}]"#
        #expect(
            try Self.read(.coco, ["r": list], at: "r", options: options).set.pictures[0].objects[0].score
                == 0.5)
        #expect(throws: AnnotationError.self) { try Self.read(.coco, ["r": list], at: "r") }
    }

    @Test(
        "a photo that EXIF turns has its turned sides, where YOLO's fractions ask for them and where Label Studio writes the file's"
    )
    func turned() throws {
        let imaging = Goldens.masks.deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "Imaging")
        let (upright, turned) = (try Self.jpeg(imaging, 1), try Self.jpeg(imaging, 6))
        #expect(
            turned.size == Size(width: upright.size.height, height: upright.size.width)
                && turned.size != upright.size)
        let folder = try ScratchFolder()
        try folder.write("images/turned.jpg", turned.bytes)
        try folder.write("data.yaml", "train: images\nnames: [mug]\n")
        try folder.write("labels/turned.txt", "0 0.5 0.5 1 1\n")
        let picture = try LabelledSet.read(.yolo, at: folder.url).set.pictures[0]
        let size = turned.size
        #expect(
            picture.size == size
                && picture.objects[0].box
                    == Box(size)
        )
        // Written on, the turned sides are what each format says.
        let set = LabelledSet(classes: ["mug"], pictures: [picture])
        #expect(
            try Self.written(set, .coco, "").contains("\"width\":\(size.width),\"height\":\(size.height)"))
        #expect(
            try Self.written(set, .cvat, "").contains("width=\"\(size.width)\" height=\"\(size.height)\""))
        #expect(
            try Self.written(set, .labelStudio, "").contains(
                "\"original_width\":\(size.width),\"original_height\":\(size.height)"))
    }

    /// A JPEG whose file is as wide in each, by its EXIF orientation, with its size as displayed.
    static func jpeg(_ folder: URL, _ orientation: Int) throws -> (bytes: [UInt8], size: Size) {
        let url = folder.appending(path: "jpeg-orientation\(orientation).jpg")
        let picture = try Picture(contentsOf: url)
        return (try [UInt8](Data(contentsOf: url)), Size(width: picture.width, height: picture.height))
    }

    // MARK: Names

    @Test("thousands of pictures of one name get names of their own in no time")
    func manyOfOneName() throws {
        var set = LabelledSet(classes: ["mug"])
        for _ in 0..<5000 { set.pictures.append(LabelledPicture(file: "a.jpg", size: Self.size)) }
        for name in ["a-2.jpg", "A-3.png"] {
            set.pictures.insert(LabelledPicture(file: name, size: Self.size), at: 0)
        }
        let folder = try ScratchFolder()
        _ = try set.write(.voc, to: folder["voc"])
        let names = try FileManager.default.contentsOfDirectory(atPath: folder["voc/Annotations"].path)
        #expect(names.count == 5002 && names.contains("a.xml") && names.contains("a-5001.xml"))
    }

    @Test("names never lead out of the folder, and two pictures never share a file")
    func names() throws {
        let object = LabelledObject(classIndex: 0, box: Box(x1: 0, y1: 0, x2: 1, y2: 1))
        var set = LabelledSet(classes: ["mug"])
        let files = [
            "../../etc/passwd", "/abs/a.jpg", "abs/a.png", "ABS/A.jpg", "c:\\x\u{1}.jpg", "", "..",
            String(repeating: "é", count: 300) + ".jpg",
        ]
        for file in files {
            set.pictures.append(LabelledPicture(file: file, size: Self.size, objects: [object]))
        }
        let folder = try ScratchFolder()
        for format in [AnnotationFormat.yolo, .voc, .labelme, .masks] {
            _ = try set.write(format, to: folder[format.rawValue])
            let written = try #require(FileManager.default.subpaths(atPath: folder[format.rawValue].path))
                .filter {
                    $0.contains(".txt") || $0.contains(".xml") || $0.contains(".json") || $0.contains(".png")
                }
            #expect(written.count == files.count, "\(written)")
        }
        #expect(
            try folder.names() == ["labelme", "masks", "voc", "yolo"],
            "nothing beside them, nothing unfinished")
        let voc = try LabelledSet.read(.voc, at: folder["voc"]).set
        #expect(
            Set(voc.pictures.map(\.file)).isSuperset(of: ["/abs/a.jpg", "abs/a.png", "../../etc/passwd"]))
    }
}
