import Foundation
import SpanielAnnotations
import SpanielFiles
import SpanielImaging
import SpanielJSON
import SpanielTestSupport
import Testing

@Suite("bad annotation files")
struct BadFileTests {
    static let formats: [AnnotationFormat] = [
        .coco, .cocoResults, .yolo, .voc, .labelme, .cvat, .labelStudio,
    ]

    /// A small set in a format, and where its main file lies.
    static func files(_ format: AnnotationFormat) throws -> (
        folder: ScratchFolder, file: String, options: AnnotationOptions
    ) {
        var set = FormatTrapTests.one(
            LabelledObject(classIndex: 0, shape: .init(FormatTrapTests.holed), score: 0.5, provenance: .human)
        )
        set.pictures[0].objects.append(
            LabelledObject(classIndex: 0, shape: .polygons(FormatTrapTests.parted.polygons())))
        set.pictures[0].objects.append(LabelledObject(classIndex: 0, box: Box(x1: 1.5, y1: 2, x2: 3, y2: 4)))
        let folder = try ScratchFolder()
        var options = AnnotationOptions()
        options.truth = set
        _ = try set.write(format, to: folder["out"], options: options)
        try folder.write("images/a.jpg", blank(FormatTrapTests.size))
        options.pictures = folder["images"]
        let inner = [
            AnnotationFormat.yolo: "out/labels/a.txt", .voc: "out/Annotations/a.xml", .labelme: "out/a.json",
        ][format]
        return (folder, inner ?? "out", options)
    }

    @Test("a file cut off anywhere is an error or a shorter set, and never a trap", arguments: formats)
    func truncated(format: AnnotationFormat) throws {
        let (folder, file, options) = try Self.files(format)
        let bytes = try [UInt8](Data(contentsOf: folder[file]))
        var errors = 0
        for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 300)) {
            try folder.write(file, bytes[..<count])
            do { _ = try LabelledSet.read(format, at: folder["out"], options: options) } catch {
                errors += 1
                #expect("\(error)".contains(URL(filePath: file).lastPathComponent), "\(error)")
            }
        }
        #expect(errors > 0)
    }

    @Test("changed bytes are an error or another set, and never a trap", arguments: formats)
    func mutated(format: AnnotationFormat) throws {
        let (folder, file, options) = try Self.files(format)
        let bytes = try [UInt8](Data(contentsOf: folder[file]))
        var random = Generator(seed: 5)
        let tokens = [
            "-1", "1e308", "99999999999999999999", "nan", "null", "[]", "{}", "\"", "<", "&x;", "0", "", "-",
            "1e-400", "\0", "🌱",
        ].map { Array($0.utf8) }
        for round in 0..<500 {
            var changed = bytes
            for _ in 0...round % 3 {
                let place = Int.random(in: 0..<changed.count, using: &random)
                if round % 2 == 0 {
                    changed[place] = UInt8.random(in: 0...255, using: &random)
                } else {
                    let end = min(changed.count, place + Int.random(in: 0...8, using: &random))
                    changed.replaceSubrange(
                        place..<end, with: tokens[Int.random(in: tokens.indices, using: &random)])
                }
            }
            try folder.write(file, changed)
            guard let set = try? LabelledSet.read(format, at: folder["out"], options: options).set else {
                continue
            }
            // What was accepted can be written in every format.
            guard round % 100 == 0, set.pictures.allSatisfy({ $0.size.width * $0.size.height < 100_000 })
            else { continue }
            for other in AnnotationFormat.allCases where other != .cocoResults {
                _ = try? set.write(other, to: folder["again-\(other)"])
            }
        }
    }

    /// The error of reading one file.
    static func failure(
        _ format: AnnotationFormat, _ text: String, name: String = "x",
        border: AnnotationOptions.Border = .cut
    ) -> String {
        do {
            let folder = try ScratchFolder()
            try folder.write(format.isFolder ? "in/\(name)" : name, text)
            var options = AnnotationOptions()
            options.border = border
            options.truth = FormatTrapTests.one(
                LabelledObject(classIndex: 0, box: Box(x1: 0, y1: 0, x2: 1, y2: 1)))
            _ = try LabelledSet.read(format, at: folder[format.isFolder ? "in" : name], options: options)
            return "no error"
        } catch { return "\(error)" }
    }

    @Test(
        "a byte order mark is passed over, and UTF-16 is named",
        arguments: [AnnotationFormat.coco, .cvat, .labelStudio])
    func byteOrder(format: AnnotationFormat) throws {
        let folder = try ScratchFolder()
        let set = FormatTrapTests.one(LabelledObject(classIndex: 0, box: Box(x1: 0, y1: 0, x2: 1, y2: 1)))
        _ = try set.write(format, to: folder["a"])
        let bytes = try [UInt8](Data(contentsOf: folder["a"]))
        try folder.write("b", [0xEF, 0xBB, 0xBF] + bytes)
        #expect(
            try LabelledSet.read(format, at: folder["b"]).set == LabelledSet.read(format, at: folder["a"]).set
        )
        for mark: [UInt8] in [[0xFF, 0xFE], [0xFE, 0xFF]] {
            try folder.write("c", mark + bytes.flatMap { mark[0] == 0xFF ? [$0, 0] : [0, $0] })
            do {
                _ = try LabelledSet.read(format, at: folder["c"])
                Issue.record("no error")
            } catch {
                #expect(
                    "\(error)".hasPrefix("c: ") && "\(error)".contains("UTF-16; save it as UTF-8"), "\(error)"
                )
            }
        }
    }

    @Test(
        "10,000 nested arrays are one error",
        arguments: [AnnotationFormat.coco, .cocoResults, .labelStudio, .labelme])
    func deepJSON(format: AnnotationFormat) {
        let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
        for text in [deep, "{\"a\":\(deep)}"] {
            let message = Self.failure(format, text, name: "x.json")
            #expect(
                message.hasPrefix("x.json: expected JSON, byte")
                    && message.contains("more than 128 arrays and objects inside each other"),
                "\(message)")
        }
    }

    @Test(
        "XML's dangers are refused where they stand",
        arguments: [
            (
                "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;\">]><annotations>&c;</annotations>",
                "line 1: a document type is not read"
            ),
            (
                "<?xml version=\"1.0\"?>\n<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><annotations/>",
                "line 2: a document type is not read"
            ),
            ("<annotations>&lol;</annotations>", "line 1: &lol; stands for nothing"),
            ("<annotations>&#0;</annotations>", "&#0; stands for nothing"),
            ("<annotations>&#xD800;</annotations>", "stands for nothing"),
            ("<annotations>&amp</annotations>", "a '&' without ';'"),
            ("<annotations>\n<a>\n</b></annotations>", "line 3: expected </a>, found </b>"),
            ("<annotations>", "<annotations> of line 1 is never closed"),
            ("<annotations a='1' a='2'/>", "the attribute a stands twice"),
            ("<annotations a=1/>", "expected a value in quotes, found '1'"),
            ("<annotations a='<'/>", "expected the quote that ends the value"),
            ("<annotations/><annotations/>", "expected the end, found '<'"),
            ("", "expected an element, found the end"), ("nonsense", "expected an element, found 'n'"),
            ("<?xml version=\"1.0\" encoding='latin-1'?><annotations/>", "the encoding latin-1 is not read"),
            ("\u{FEFF}<other/>", "expected <annotations>, found <other>"),
            ("<annotations><!-- </annotations>", "a comment has no end"),
            ("<annotations>\u{1}</annotations>", "a control character"),
        ])
    func xml(text: String, message: String) {
        let found = Self.failure(.cvat, text)
        #expect(found.hasPrefix("x: line ") && found.contains(message), "\(found)")
    }

    @Test("XML's references, CDATA, comments and line ends are read as they are meant")
    func goodXML() throws {
        let text =
            "<?xml version='1.0' encoding='UTF-8' ?>\r\n<!-- - --><a b=\"1 &lt;\n2&#10;&#x1F331;\"><![CDATA[<&]]>x<!-- no -->\r\ny<c/><?pi?></a>\n<!-- end -->"
        let element = try XMLReader.parse(Array(text.utf8))
        #expect(
            element["b"] == "1 < 2\n🌱" && element.text == "<&x\ny" && element.children.map(\.name) == ["c"])
    }

    @Test("deeply nested XML is one error")
    func deepXML() {
        let text = String(repeating: "<annotations>", count: 10_000)
        #expect(Self.failure(.cvat, text).contains("more than 64 elements inside each other"))
    }

    static let cvatHead =
        "<annotations><version>1.1</version><meta><task><labels><label><name>mug</name></label></labels></task></meta><image id='0' name='a' width='20' height='12'>\n"

    @Test(
        "CVAT's errors name the line, the element and the attribute",
        arguments: [
            (
                "<box label='cup' xtl='0' ytl='0' xbr='1' ybr='1'/>",
                "line 2, annotations/image/box label: expected one of the labels of the file's head, found \"cup\""
            ),
            ("<box label='mug' xtl='5' ytl='0' xbr='1' ybr='1'/>", "expected xtl ≤ xbr"),
            ("<box label='mug' xtl='a' ytl='0' xbr='1' ybr='1'/>", "box xtl: expected a number, found \"a\""),
            ("<box xtl='0' ytl='0' xbr='1' ybr='1'/>", "box label: expected text, found nothing"),
            (
                "<polygon label='mug' points='1,1;2,2'/>",
                "polygon points: expected three points at least, found 2"
            ),
            ("<polygon label='mug' points='1,1;2,2;3'/>", "polygon points: expected x,y;x,y;…, found \"3\""),
            ("<polygon label='mug' points='1,1;2,2;3,inf'/>", "expected a number, found \"inf\""),
            (
                "<mask label='mug' left='0' top='0' width='4' height='3' rle='5, 5'/>",
                "mask rle: expected counts that make up 4 x 3 pixels, found 10 pixels"
            ),
            (
                "<mask label='mug' left='0' top='0' width='4' height='3' rle='5, 9'/>",
                "mask rle: expected counts that make up 4 x 3 pixels, found \" 9\""
            ),
            (
                "<mask label='mug' left='0' top='0' width='4' height='3' rle='5, -5'/>",
                "expected counts that make up"
            ),
            (
                "<mask label='mug' left='18' top='0' width='4' height='3' rle='12'/>",
                "mask width: expected a whole number from 1 to 2, found \"4\""
            ),
        ])
    func cvat(text: String, message: String) {
        let found = Self.failure(.cvat, Self.cvatHead + text + "</image></annotations>")
        #expect(found.contains(message), "\(found)")
    }

    @Test(
        "Pascal VOC's errors name the line and the element",
        arguments: [
            (
                "<xmin>0</xmin><ymin>1</ymin><xmax>x</xmax><ymax>3</ymax>",
                "bndbox/xmax: expected a number, found \"x\""
            ),
            (
                "<xmin>9</xmin><ymin>1</ymin><xmax>3</xmax><ymax>3</ymax>",
                "expected xmin ≤ xmax and ymin ≤ ymax"
            ),
            ("<xmin>9</xmin>", "expected <ymin> inside, found none"),
        ])
    func voc(text: String, message: String) {
        let found = Self.failure(
            .voc,
            "<annotation><filename>a</filename><size><width>20</width><height>12</height></size>\n<object><name>mug</name><bndbox>\(text)</bndbox></object></annotation>",
            name: "x.xml")
        #expect(found.hasPrefix("x.xml: line 2, annotation") && found.contains(message), "\(found)")
    }

    @Test(
        "LabelMe's errors name the shape",
        arguments: [
            (
                #""shape_type":"polygon","points":[[0,0],[1,1]]"#,
                "shapes[0].points: expected 3 points at least for a polygon, found 2"
            ),
            (
                #""shape_type":"rectangle","points":[[0,0],[1,1],[2,2]]"#,
                "expected 2 points for a rectangle, found 3"
            ),
            (
                #""shape_type":"polygon","points":[[0,0],[1,1],[2]]"#,
                "shapes[0].points[2]: expected [x, y], found [2]"
            ),
            (
                #""shape_type":"polygon","points":[[0,0],[1,1],["two",3]]"#,
                "shapes[0].points[2][0]: expected a number, found \"two\""
            ),
            (
                #""shape_type":"mask","points":[[0,0],[1,1]],"mask":"????""#,
                "shapes[0].mask: expected a PNG in base64"
            ),
            (
                #""shape_type":"mask","points":[[0,0],[1,1]],"mask":"iVBORw0KGgo=""#,
                "shapes[0].mask: expected a PNG in base64, found mask: truncated"
            ),
            (#""shape_type":"mask","points":[[0,0],[1,1]]"#, "shapes[0].mask: expected text, found nothing"),
        ])
    func labelme(text: String, message: String) {
        let found = Self.failure(
            .labelme,
            #"{"shapes":[{"label":"a",\#(text)}],"imagePath":"a","imageWidth":20,"imageHeight":12}"#,
            name: "x.json")
        #expect(found.hasPrefix("x.json: ") && found.contains(message), "\(found)")
    }

    @Test("a mask that claims more pixels than its picture is refused by its header")
    func bomb() throws {
        let png = Data(PNG.encode(bits: [UInt8](repeating: 0, count: 1000 * 125), width: 1000, height: 1000))
            .base64EncodedString()
        let found = Self.failure(
            .labelme,
            #"{"shapes":[{"label":"a","shape_type":"mask","points":[[0,0],[1,1]],"mask":"\#(png)"}],"imagePath":"a","imageWidth":20,"imageHeight":12}"#,
            name: "x.json")
        #expect(
            found.contains(
                "shapes[0].mask: expected at most the picture's 20 x 12 pixels, found 1000 x 1000"),
            "\(found)")
    }

    @Test(
        "Label Studio's errors name the result",
        arguments: [
            (
                #"{"type":"rectanglelabels","original_width":20,"original_height":12,"value":{"x":0,"y":0,"width":-5,"height":1,"rectanglelabels":["a"]}}"#,
                "[0].annotations[0].result[0].value: expected a width and a height of 0 at least"
            ),
            (
                #"{"type":"rectanglelabels","original_width":20,"original_height":12,"value":{"x":50,"y":0,"width":5,"height":1,"rectanglelabels":[]}}"#,
                "expected one label, found none"
            ),
            (
                #"{"type":"polygonlabels","original_width":20,"original_height":12,"value":{"points":[[1,1],[2,2]],"polygonlabels":["a"]}}"#,
                "value.points: expected three points at least, found 2"
            ),
            (
                #"{"type":"brushlabels","original_width":20,"original_height":12,"value":{"format":"rle","rle":[0,0,0,5,1],"brushlabels":["a"]}}"#,
                "value.rle: expected runs of 960 values, four a pixel, found 5 of them"
            ),
            (
                #"{"type":"brushlabels","original_width":20,"original_height":12,"value":{"format":"rle","rle":[0,0,3,192,57],"brushlabels":["a"]}}"#,
                "which end too early"
            ),
            (
                #"{"type":"brushlabels","original_width":20,"original_height":12,"value":{"format":"rle","rle":[0,0,3,300],"brushlabels":["a"]}}"#,
                "expected bytes, 0 to 255"
            ),
            (
                #"{"type":"brushlabels","original_width":0,"original_height":12,"value":{}}"#,
                "original_width: expected a whole number from 1"
            ),
            (#"5"#, "result[0].original_width: expected a whole number"),
        ])
    func labelStudio(text: String, message: String) {
        let found = Self.failure(
            .labelStudio, #"[{"data":{"image":"a.jpg"},"annotations":[{"result":[\#(text)]}]}]"#)
        #expect(found.contains(message), "\(found)")
    }

    @Test(
        "what reaches more than a pixel out of its picture is an error where labels outside are refused",
        arguments: [
            (
                AnnotationFormat.cvat, "x",
                cvatHead + "<box label='mug' xtl='0' ytl='0' xbr='31' ybr='1'/></image></annotations>",
                "expected a shape inside the picture's 20 x 12 pixels"
            ),
            (
                .voc, "x.xml",
                "<annotation><filename>a</filename><size><width>20</width><height>12</height></size><object><name>m</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>30</xmax><ymax>3</ymax></bndbox></object></annotation>",
                "expected a box inside the picture's 20 x 12 pixels"
            ),
            (
                .labelme, "x.json",
                #"{"shapes":[{"label":"a","points":[[0,0],[1,1],[90,3]]}],"imagePath":"a","imageWidth":20,"imageHeight":12}"#,
                "expected a box inside the picture's 20 x 12 pixels"
            ),
            (
                .labelStudio, "x",
                #"[{"data":{"image":"a.jpg"},"annotations":[{"result":[{"type":"rectanglelabels","original_width":20,"original_height":12,"value":{"x":50,"y":0,"width":95,"height":1,"rectanglelabels":["a"]}}]}]}]"#,
                "expected a box inside the picture's 20 x 12 pixels"
            ),
        ])
    func refusedOutside(format: AnnotationFormat, name: String, text: String, message: String) throws {
        let found = Self.failure(format, text, name: name, border: .refuse)
        #expect(found.contains(message), "\(found)")
        #expect(Self.failure(format, text, name: name) == "no error", "it is cut")
    }

    @Test(
        "a COCO box out of its picture is cut and counted, kept or refused as asked; a pixel's rounding is no fault"
    )
    func boxOutside() throws {
        func text(_ box: String) -> String {
            #"{"images":[{"id":1,"file_name":"a","width":20,"height":12}],"categories":[{"id":1,"name":"m"}],"annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":\#(box)}]}"#
        }
        #expect(
            Self.failure(.coco, text("[0,0,22,5]"), border: .refuse)
                == "x: annotations[0].bbox: expected a box inside the picture's 20 x 12 pixels, found [0,0,22,5]"
        )
        #expect(Self.failure(.coco, text("[-0.5,0,20.9,5]"), border: .refuse) == "no error")
        let cut = try FormatTrapTests.read(.coco, ["c": text("[-3.5,0,24,5]")], at: "c")
        #expect(cut.set.pictures[0].objects[0].box == Box(x1: 0, y1: 0, x2: 20, y2: 5))
        #expect(cut.losses == ["1 label cut off at the picture's border"])
        #expect(Self.failure(.coco, text("[1,1,-1,5]")).contains("expected [x, y, width, height]"))
        var options = AnnotationOptions()
        options.allowsBoxesOutside = true
        let folder = try ScratchFolder()
        try folder.write("c", text("[-5,-5,50,50]"))
        let set = try LabelledSet.read(.coco, at: folder["c"], options: options).set
        let losses = try set.write(.yolo, to: folder["yolo"])
        #expect(losses.contains("1 box cut off at the picture's border: YOLO refuses fractions outside 0…1"))
        #expect(try String(contentsOf: folder["yolo/labels/a.txt"], encoding: .utf8) == "0 0.5 0.5 1 1\n")
    }
}
