import Foundation
import SpanielAnnotations
import SpanielImaging
import SpanielJSON
import SpanielTestSupport
import Testing

@Suite("the traps of the annotation formats")
struct FormatTrapTests {
    static let size = Size(width: 20, height: 12)
    static let holed = Mask(width: 20, height: 12) { x, y in
        (2..<9).contains(x) && (2..<9).contains(y) && !(x == 5 && y == 5)
    }
    static let parted = Mask(width: 20, height: 12) { x, y in (x < 3 || x > 15) && y > 4 }

    static func one(_ object: LabelledObject, file: String = "a.jpg", size: Size = size) -> LabelledSet {
        LabelledSet(classes: ["mug"], pictures: [LabelledPicture(file: file, size: size, objects: [object])])
    }

    static func written(
        _ set: LabelledSet, _ format: AnnotationFormat, _ name: String, options: AnnotationOptions = .init()
    ) throws
        -> String
    {
        let folder = try ScratchFolder()
        _ = try set.write(format, to: folder["out"], options: options)
        return try String(
            contentsOf: format.isFolder ? folder["out"].appending(path: name) : folder["out"], encoding: .utf8
        )
    }

    static func read(
        _ format: AnnotationFormat, _ files: [String: String], at place: String,
        options: AnnotationOptions = .init()
    ) throws
        -> (set: LabelledSet, losses: [String])
    {
        let folder = try ScratchFolder()
        for (name, text) in files { try folder.write(name, text) }
        return try LabelledSet.read(format, at: folder[place], options: options)
    }

    // MARK: COCO

    @Test("a COCO object of id 0 gets another: pycocotools would never count it as found")
    func zeroID() throws {
        var set = Self.one(LabelledObject(classIndex: 0, shape: .init(Self.holed)))
        set.pictures[0].objects[0].number = 0
        set.classes[0].number = 0
        let folder = try ScratchFolder()
        let losses = try set.write(.coco, to: folder["c.json"])
        #expect(
            losses.contains(
                "1 object given another id: pycocotools takes a matched object of id 0 for an unmatched one"))
        #expect(losses.contains("a class has the id 0, which some trainers take for the background"))
        let json = try JSON(parsing: Data(contentsOf: folder["c.json"]))
        #expect(json["annotations"]![0]!["id"] == 1 && json["annotations"]![0]!["category_id"] == 0)
        #expect(json["annotations"]![0]!["iscrowd"] == 0, "holes need run lengths, not a crowd")
        #expect(
            json["annotations"]![0]!["segmentation"]!["counts"]!.string != nil,
            "as text: a list traps in pycocotools' results")
        #expect(json["annotations"]![0]!["area"] == 48, "the mask's pixels, not the box's")
    }

    @Test("what a COCO file holds beyond the contract comes back: ids, areas, crowds, licences, attributes")
    func cocoExtras() throws {
        let text = """
            {"info":{"year":2026},"licenses":[{"id":1}],"videos":[7],"images":[{"id":9,"file_name":"a.jpg","width":20,"height":12,"license":1}],
             "annotations":[{"id":5,"image_id":9,"category_id":3,"bbox":[1,2,3,4],"area":7.5,"iscrowd":1,"attributes":{"occluded":true}}],
             "categories":[{"id":3,"name":"mug","supercategory":"kitchen"}]}
            """
        let (set, losses) = try Self.read(.coco, ["c.json": text], at: "c.json")
        #expect(losses == [] && set.pictures[0].objects[0].isCrowd && set.pictures[0].objects[0].area == 7.5)
        let back = try JSON(parsing: Self.written(set, .coco, ""))
        let original = try JSON(parsing: text)
        for key in ["info", "licenses", "videos", "images", "annotations", "categories"] {
            #expect(back[key]!.text(sorted: true) == original[key]!.text(sorted: true))
        }
        let folder = try ScratchFolder()
        let lost = try set.write(.voc, to: folder["voc"])
        #expect(
            lost.contains(
                "fields that only the format they came from knows left out: attributes, info, license, licenses, supercategory, videos"
            ))
        #expect(lost.contains("1 crowd written as one object each: Pascal VOC has no crowds"))
        #expect(lost.contains("ids and stated areas left out: Pascal VOC has no place for them"))
    }

    @Test("results need the truth's ids, and an empty list is said to be one pycocotools refuses")
    func results() throws {
        let truth = Self.one(LabelledObject(classIndex: 0, box: Box(x1: 1, y1: 1, x2: 4, y2: 4)))
        var options = AnnotationOptions()
        options.truth = truth
        let list =
            #"[{"image_id":1,"category_id":1,"segmentation":{"size":[12,20],"counts":"\#(Self.holed.rle.compressed)"},"score":0.5}]"#
        let set = try Self.read(.cocoResults, ["r": list], at: "r", options: options).set
        #expect(
            set.pictures[0].objects[0].mask(size: Self.size) == Self.holed
                && set.pictures[0].objects[0].box == Self.holed.box!)
        func failure(_ text: String) -> String {
            do {
                _ = try Self.read(.cocoResults, ["r": text], at: "r", options: options)
                return "no error"
            } catch { return "\(error)" }
        }
        #expect(
            failure(#"[{"image_id":2,"category_id":1,"bbox":[0,0,1,1],"score":1}]"#)
                == "r: [0].image_id: expected the id of one of the truth's images, found 2")
        #expect(
            failure(#"[{"image_id":1,"category_id":4,"bbox":[0,0,1,1],"score":1}]"#).contains(
                "[0].category_id: expected the id of one of the truth's categories"))
        #expect(
            failure(#"[{"image_id":1,"category_id":1,"bbox":[0,0,1,1]}]"#).contains(
                "[0].score: expected a number, found nothing"))
        let folder = try ScratchFolder()
        var nothing = truth
        nothing.pictures[0].objects = []
        #expect(
            try nothing.write(.cocoResults, to: folder["r"], options: options).contains {
                $0.contains("loadRes refuses an empty list")
            })
        #expect(throws: AnnotationError.self) { try LabelledSet.read(.cocoResults, at: folder["r"]) }
    }

    @Test("results hold masks as run lengths in text only, outlines too: pycocotools traps on anything else")
    func resultsOfOutlines() throws {
        let set = Self.one(
            LabelledObject(classIndex: 0, shape: .polygons(Self.parted.polygons()), score: 0.5))
        let result = try JSON(parsing: Self.written(set, .cocoResults, ""))[0]!
        #expect(result["segmentation"] == ["size": [12, 20], "counts": JSON(Self.parted.rle.compressed)])
        #expect(result["bbox"] == [0, 5, 20, 7] && result["score"] == 0.5 && result["id"] == nil)
    }

    @Test("an outline of two corners is never written: pycocotools takes four numbers for a box")
    func twoCorners() throws {
        let line = Polygon(outer: [Point(x: 1, y: 1), Point(x: 5, y: 4)])
        let triangle = Polygon(outer: [Point(x: 1, y: 1), Point(x: 5, y: 4), Point(x: 1, y: 4)])
        func segmentation(_ parts: [Polygon]) throws -> JSON? {
            let object = LabelledObject(
                classIndex: 0, box: Box(x1: 1, y1: 1, x2: 5, y2: 4), shape: .polygons(parts))
            return try JSON(parsing: Self.written(Self.one(object), .coco, ""))["annotations"]![0]![
                "segmentation"]
        }
        #expect(try segmentation([line]) == nil)
        #expect(try segmentation([line, triangle]) == [[1, 1, 5, 4, 1, 4]])
    }

    @Test("objects of several parts are no crowd: a crowd would be left out of every evaluation")
    func partsAreNoCrowd() throws {
        let object = LabelledObject(classIndex: 0, shape: .polygons(Self.parted.polygons()))
        let annotation = try JSON(parsing: Self.written(Self.one(object), .coco, ""))["annotations"]![0]!
        #expect(annotation["iscrowd"] == 0 && annotation["segmentation"]!.array!.count == 2)
        #expect(annotation["area"] == JSON(Self.parted.area), "the pixels of all parts")
    }

    // MARK: Pascal VOC

    @Test("Pascal VOC counts from 1 and includes the last pixel: the first pixel is 1, 1, 1, 1")
    func voc() throws {
        let set = Self.one(LabelledObject(classIndex: 0, box: Box(x1: 0, y1: 0, x2: 1, y2: 1)))
        let text = try Self.written(set, .voc, "Annotations/a.xml")
        for corner in ["xmin", "ymin", "xmax", "ymax"] { #expect(text.contains("<\(corner)>1</\(corner)>")) }
        let flags = text.replacing("<difficult>0<", with: "<difficult>1<").replacing(
            "<pose>Unspecified<", with: "<pose>Left<")
        let back = try Self.read(.voc, ["x/a.xml": flags], at: "x").set
        #expect(back.pictures[0].objects[0].box == set.pictures[0].objects[0].box)
        #expect(try Self.written(back, .voc, "Annotations/a.xml") == flags)
        let folder = try ScratchFolder()
        let half = Self.one(
            LabelledObject(
                classIndex: 0, box: Box(x1: 1.5, y1: 2, x2: 3, y2: 4.2), shape: .init(Self.holed), score: 0.5,
                provenance: .human))
        let losses = try half.write(.voc, to: folder["voc"])
        #expect(
            losses == [
                "1 mask left out: Pascal VOC holds boxes only",
                "1 score left out: Pascal VOC has no place for them",
                "1 object written without who made it, person or model: Pascal VOC has no place for that",
                "1 box moved to whole pixels: Pascal VOC holds no others",
            ])
    }

    // MARK: LabelMe

    @Test(
        "LabelMe keeps what it does not know, joins shapes of one group, and reads rectangles, circles and masks"
    )
    func labelme() throws {
        let golden = try JSON(parsing: Data(contentsOf: Goldens.masks))[3]!
        let text = """
            {"version":"4.5.6","flags":{"night":true},"shapes":[
             {"label":"mug","points":[[9,8],[2,3]],"group_id":null,"description":"chipped","shape_type":"rectangle","flags":{"dirty":false},"difficult":true,"kie_linking":[[1,2]]},
             {"label":"mug","points":[[0,0],[4,0],[4,4]],"group_id":4,"shape_type":"polygon","flags":{}},
             {"label":"mug","points":[[10,0],[14,0],[14,4]],"group_id":4,"shape_type":"polygon","flags":{}},
             {"label":"boot","points":[[10,6],[13,6]],"shape_type":"circle"},
             {"label":"boot","points":[[1,2],[16,17]],"shape_type":"mask","mask":"\(golden["png"]!.string!)"},
             {"label":"line","points":[[1,2],[3,4]],"shape_type":"line"}],
             "imagePath":"..\\\\photos\\\\a.jpg","imageData":null,"imageHeight":30,"imageWidth":40,"extra":{"a":[1.50]}}
            """
        let (set, losses) = try Self.read(.labelme, ["x/sub/a.json": text], at: "x")
        #expect(
            losses == [
                "1 circle read as polygons of 64 corners",
                "1 shape of kind line left out: no object is inside",
            ])
        let picture = set.pictures[0]
        #expect(
            picture.file == "photos/a.jpg" && picture.size == Size(width: 40, height: 30)
                && picture.objects.count == 4)
        #expect(picture.objects[0].box == Box(x1: 2, y1: 3, x2: 9, y2: 8) && picture.objects[0].shape == nil)
        guard case .polygons(let parts) = picture.objects[1].shape else { return }
        #expect(parts.count == 2)
        #expect(abs(Double(picture.objects[2].mask(size: picture.size).area) - 28.3) < 3)
        let mask = Goldens.mask(golden)
        #expect(picture.objects[3].mask(size: picture.size) == mask.placed(atX: 1, y: 2, in: picture.size))
        let back = try JSON(parsing: Self.written(set, .labelme, "photos/a.json"))
        let original = try JSON(parsing: text)
        #expect(
            back["version"] == "4.5.6" && back["flags"] == original["flags"]
                && back["extra"] == original["extra"])
        #expect(back["shapes"]![1]!["group_id"] == 4 && back["shapes"]![2]!["group_id"] == 4)
        for key in ["description", "flags", "difficult", "kie_linking"] {
            #expect(back["shapes"]![0]![key] == original["shapes"]![0]![key])
        }
        #expect(back["imageData"] == .null, "labelme wants the key, and reads the picture's file then")
        #expect(back["imagePath"] == "../photos/a.jpg")
    }

    @Test("parts get a group of their own; a hole makes a mask whose points are its first and last pixel")
    func labelmeParts() throws {
        var set = Self.one(LabelledObject(classIndex: 0, shape: .polygons(Self.parted.polygons())))
        set.pictures[0].objects.append(
            LabelledObject(classIndex: 0, shape: .polygons(Self.parted.polygons())))
        set.pictures[0].objects.append(LabelledObject(classIndex: 0, shape: .init(Self.holed)))
        let json = try JSON(parsing: Self.written(set, .labelme, "a.json"))
        #expect(json["shapes"]!.array!.map { $0["group_id"] } == [1, 1, 2, 2, nil].map { $0 ?? .null })
        #expect(
            json["shapes"]![4]!["shape_type"] == "mask"
                && json["shapes"]![4]!["points"] == [[2, 2], [8, 8]])
    }

    // MARK: CVAT

    @Test("CVAT's masks are run lengths along the rows of their box; who made a shape is its source")
    func cvat() throws {
        var set = Self.one(
            LabelledObject(
                classIndex: 0, shape: .init(Self.holed), score: 0.5, provenance: .model(name: "sam-nano")))
        let text = try Self.written(set, .cvat, "")
        #expect(
            text.contains(
                #"<mask label="mug" source="auto" occluded="0" rle="0, 24, 1, 24" left="2" top="2" width="7" height="7" z_order="0">"#
            ))
        #expect(text.contains(#"<attribute name="score">0.5</attribute>"#))
        set.pictures[0].objects = [
            LabelledObject(
                classIndex: 0,
                shape: .polygons([
                    Polygon(outer: [Point(x: 1, y: 2), Point(x: 3.5, y: 2), Point(x: 3, y: 9)])
                ]))
        ]
        #expect(try Self.written(set, .cvat, "").contains(#"points="1,2;3.5,2;3,9""#))
        let own = """
            <?xml version="1.0" encoding="utf-8"?>
            <!-- made by hand -->
            <annotations><version>1.1</version><meta><task><labels><label><name>b</name></label><label><name>a</name></label></labels></task></meta>
            <image id="3" name="&#228; &amp; b.jpg" width="20" height="12">
              <box label="a" source="manual" occluded="1" xtl="1.50" ytl="2.00" xbr="3.00" ybr="4.00" z_order="2"><attribute name="colour">red</attribute></box>
              <polyline label="a" points="1,1;2,2"/>
            </image></annotations>
            """
        let (read, losses) = try Self.read(.cvat, ["c.xml": own], at: "c.xml")
        #expect(losses == ["1 <polyline> element left out: they outline no object"])
        #expect(
            read.classes.map(\.name) == ["b", "a"] && read.pictures[0].file == "ä & b.jpg"
                && read.pictures[0].number == 3)
        #expect(read.pictures[0].objects[0].provenance == .human)
        let again = try Self.written(read, .cvat, "")
        #expect(again.contains(#"occluded="1" xtl="1.5" ytl="2" xbr="3" ybr="4" z_order="2">"#))
        #expect(
            again.contains(#"<attribute name="colour">red</attribute>"#)
                && again.contains(#"<image id="3" name="ä &amp; b.jpg""#))
    }

    // MARK: Label Studio

    @Test("brush strokes are Label Studio's to the bit of what they mean")
    func brush() throws {
        for row in try JSON(parsing: Data(contentsOf: Goldens.masks)).array! {
            let mask = Goldens.mask(row)
            #expect(try BrushRLE.decode(row["brush"]!.array!.map { UInt8($0.int!) }, size: mask.size) == mask)
            #expect(try BrushRLE.decode(BrushRLE.encode(mask), size: mask.size) == mask)
        }
        #expect(throws: BrushRLE.Problem.size(found: 4, expected: 8)) {
            try BrushRLE.decode(BrushRLE.encode(Mask(width: 1, height: 1)), size: Size(width: 2, height: 1))
        }
        let bytes = BrushRLE.encode(Self.holed)
        for count in bytes.indices.dropLast() {
            #expect(throws: BrushRLE.Problem.self) {
                try BrushRLE.decode(Array(bytes[..<count]), size: Self.size)
            }
        }
    }

    @Test("Label Studio's positions are percent; turned rectangles are outlines; local links are files")
    func labelStudio() throws {
        let text = #"""
            [{"id":12,"data":{"image":"/data/local-files/?d=photos/a%20%C3%A9.jpg","note":1},"annotations":[{"result":[]},{"was_cancelled":true,"result":[]}]
             ,"predictions":[{"result":[]}],"meta":{"x":1}},
             {"data":{"image":"b.jpg"},"annotations":[{"was_cancelled":true,"result":[5]},{"result":[
              {"id":"q","from_name":"boxes","to_name":"image","type":"rectanglelabels","original_width":200,"original_height":100,"origin":"manual","value":{"x":10,"y":20,"width":5,"height":10,"rotation":0,"rectanglelabels":["mug","cup"]}},
              {"type":"rectanglelabels","original_width":200,"original_height":100,"value":{"x":50,"y":20,"width":10,"height":10,"rotation":90,"rectanglelabels":["mug"]}},
              {"type":"keypointlabels","original_width":200,"original_height":100,"value":{"x":1,"y":1}}]},{"result":[]}]}]
            """#
        let folder = try ScratchFolder()
        try folder.write("ls.json", text)
        try folder.write("pictures/photos/a é.jpg", blank(Size(width: 9, height: 7)))
        var options = AnnotationOptions()
        options.pictures = folder["pictures"]
        let (set, losses) = try LabelledSet.read(.labelStudio, at: folder["ls.json"], options: options)
        #expect(
            set.pictures[0].file == "photos/a é.jpg" && set.pictures[0].size == Size(width: 9, height: 7)
                && set.pictures[0].number == 12)
        let objects = set.pictures[1].objects
        #expect(objects[0].box == Box(x1: 20, y1: 20, x2: 30, y2: 30) && objects[0].provenance == .human)
        #expect(
            abs(objects[1].box.x1 - 90) + abs(objects[1].box.y1 - 20) + abs(objects[1].box.x2 - 100)
                + abs(objects[1].box.y2 - 40) < 1e-9)
        #expect(
            losses == [
                "1 annotation left out: their tasks have another before them",
                "1 further label left out: an object has one class here",
                "1 result of type keypointlabels left out: no object with a class",
            ])
        let back = try JSON(parsing: Self.written(set, .labelStudio, ""))
        #expect(
            back[0]!["data"]!["image"] == "/data/local-files/?d=photos/a%20%C3%A9.jpg"
                && back[0]!["data"]!["note"] == 1)
        #expect(
            back[0]!["meta"] == ["x": 1]
                && back[1]!["annotations"]![0]!["result"]![0]!["from_name"] == "boxes")
        options.pictures = nil
        let blind = try LabelledSet.read(.labelStudio, at: folder["ls.json"], options: options)
        #expect(blind.set.pictures.map(\.file) == ["b.jpg"])
        #expect(
            blind.losses.contains {
                $0.hasPrefix(
                    "1 task without objects left out: no size is written down and the picture is not")
            })
    }

    @Test("what only a model found is a prediction of that model, with a score")
    func predictions() throws {
        let set = Self.one(
            LabelledObject(
                classIndex: 0, shape: .init(Self.holed), score: 0.25, provenance: .model(name: "sam-nano")))
        let json = try JSON(parsing: Self.written(set, .labelStudio, ""))
        #expect(
            json[0]!["predictions"]![0]!["model_version"] == "sam-nano"
                && json[0]!["predictions"]![0]!["score"] == 0.25)
        #expect(json[0]!["annotations"] == nil)
        #expect(
            try Self.read(.labelStudio, ["l": json.text()], at: "l").set.pictures[0].objects[0].provenance
                == .model(name: "sam-nano"))
    }

    @Test("a photo whose sides Label Studio swapped has its own size where it can be looked at")
    func swapped() throws {
        let text =
            #"[{"data":{"image":"a.jpg"},"annotations":[{"result":[{"type":"rectanglelabels","original_width":20,"original_height":12,"value":{"x":0,"y":0,"width":50,"height":50,"rectanglelabels":["mug"]}}]}]}]"#
        let folder = try ScratchFolder()
        try folder.write("ls.json", text)
        try folder.write("a.jpg", blank(Size(width: 12, height: 20)))
        var options = AnnotationOptions()
        options.pictures = folder.url
        let set = try LabelledSet.read(.labelStudio, at: folder["ls.json"], options: options).set
        #expect(
            set.pictures[0].size == Size(width: 12, height: 20)
                && set.pictures[0].objects[0].box == Box(x1: 0, y1: 0, x2: 6, y2: 10))
    }
}

/// What other programs wrote.
enum Goldens {
    static let masks = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Goldens/Annotations/masks.json")

    /// A golden's mask from its row-wise bits.
    static func mask(_ row: JSON) -> Mask {
        let (height, width) = (row["size"]![0]!.int!, row["size"]![1]!.int!)
        let digits = Array(row["bits"]!.string!)
        return Mask(width: width, height: height) { x, y in
            let bit = y * width + x
            return digits[bit / 4].hexDigitValue! >> (3 - bit % 4) & 1 != 0
        }
    }
}
