import Foundation
import SpanielAnnotations
import SpanielImaging
import SpanielJSON
import Testing

@Suite("LabelMe's, X-AnyLabeling's and CVAT's files as people have them")
struct PeoplesShapesTests {
    static func labelme(_ shapes: String, more: String = #""imageHeight":80,"imageWidth":120"#) -> People.File
    {
        .text(
            #"{"version":"5.2.1","flags":{},"shapes":[\#(shapes)],"imagePath":"a.jpg","imageData":null,\#(more)}"#
        )
    }

    static let bolt = #"{"label":"bolt","points":[[10,10],[40,10],[40,30]],"shape_type":"polygon"}"#

    @Test("a file in an old code page says how to save it, as one in UTF-16 does")
    func codePage() {
        // GBK's bytes for a Chinese word.
        let bytes =
            Array(#"{"shapes":[{"label":""#.utf8) + [0xC2, 0xDD, 0xCB, 0xA8]
            + Array(#""}],"imagePath":"a"}"#.utf8)
        for format in [AnnotationFormat.labelme, .coco, .labelStudio] {
            let found = People.failure(
                format, ["a.json": .bytes(bytes)], at: format == .labelme ? "" : "a.json")
            #expect(found.contains("a.json: expected JSON, found text of another code page"), "\(found)")
            #expect(found.contains("save it as UTF-8"))
        }
        for (format, name) in [(AnnotationFormat.voc, "a.xml"), (.cvat, "a.xml")] {
            let found = People.failure(
                format, [name: .bytes(Array("<annotation>".utf8) + [0xC2, 0xDD, 0xCB, 0xA8])],
                at: format == .voc ? "" : name)
            #expect(found.contains("save it as UTF-8"), "\(found)")
        }
    }

    @Test(
        "every shape that outlines something is read",
        arguments: [
            ("rotation", "[[40,20],[70,35],[60,55],[30,40]]", "40,20 70,35 60,55 30,40"),
            ("oriented_rectangle", "[[10,10],[20,12],[19,17],[9,15]]", "10,10 20,12 19,17 9,15"),
            ("quadrilateral", "[[10,10],[20,12],[19,17],[9,15]]", "10,10 20,12 19,17 9,15"),
            ("polygon", #"[["10","10"],[20.0,12],[19,17]]"#, "10,10 20,12 19,17"),
        ])
    func outlines(kind: String, points: String, ring: String) throws {
        let shape =
            #"{"label":"bolt","points":\#(points),"shape_type":"\#(kind)","direction":0.46,"score":null}"#
        let read = try People.read(.labelme, ["a.json": Self.labelme(shape)])
        #expect(read.rings == [ring] && read.sentences == [])
    }

    @Test("shapes that outline nothing are counted by kind, and so are those that nobody labelled")
    func noOutline() throws {
        let kinds = ["point", "line", "linestrip", "points", "cuboid", "point"]
        let shapes = kinds.map { #"{"label":"x","points":[[1,1],[2,2]],"shape_type":"\#($0)"}"# }
        let read = try People.read(
            .labelme,
            [
                "a.json": Self.labelme(
                    (shapes + [Self.bolt, Self.bolt.replacing("\"bolt\"", with: "null")]).joined(
                        separator: ","))
            ])
        #expect(read.objects.count == 1 && read.count("unlabelled") == 1)
        let empty = try People.read(
            .labelme,
            ["a.json": Self.labelme(Self.bolt + "," + Self.bolt.replacing("\"bolt\"", with: "\" \""))])
        #expect(empty.objects.count == 1 && empty.count("unlabelled") == 1)
        #expect(read.sentences.contains("2 shapes of kind point left out: no object is inside"))
        #expect(read.sentences.contains("1 shape of kind cuboid left out: only flat outlines are read"))
    }

    @Test(
        "another JSON among LabelMe's is passed over and said; a size is the picture's where none is written")
    func beside() throws {
        let read = try People.read(
            .labelme,
            [
                "a.json": Self.labelme(Self.bolt, more: #""imageHeight":null"#), "a.jpg": .picture(120, 80),
                "coco.json": .text(#"{"images":[],"annotations":[],"categories":[]}"#),
            ])
        #expect(read.files == ["a.jpg"] && read.reading.set.pictures[0].size == Size(width: 120, height: 80))
        #expect(read.sentences == ["1 file passed over: without LabelMe's shapes, such as coco.json"])
        let png = Data(blank(Size(width: 120, height: 80))).base64EncodedString()
        let embedded = try People.read(
            .labelme, ["a.json": Self.labelme(Self.bolt).replacingData(png)])
        #expect(embedded.reading.set.pictures[0].size == Size(width: 120, height: 80))
    }

    @Test("files that cannot be read are named at once")
    func manyFiles() throws {
        let files: [String: People.File] = [
            "a.json": Self.labelme(Self.bolt), "b.json": .text("{"),
            "c.json": Self.labelme(Self.bolt, more: #""x":1"#),
        ]
        let all = People.failure(.labelme, files)
        #expect(all.contains("b.json: expected JSON") && all.contains("c.json: imageWidth: expected a size"))
        let read = try People.read(.labelme, files, faults: .leaveOut)
        #expect(read.objects.count == 1 && read.count("unreadable-file") == 2)
    }

    // MARK: CVAT

    static func cvat(_ shapes: String, image: String = #"id="0" name="a.jpg" width="120" height="80""#)
        -> People.File
    {
        .text(
            "<annotations><version>1.1</version><meta><task><labels><label><name>bolt</name></label><label><name>nut</name></label></labels></task></meta><image \(image)>\(shapes)</image></annotations>"
        )
    }

    static func read(_ shapes: String) throws -> People.Read {
        try People.read(.cvat, ["a.xml": cvat(shapes)], at: "a.xml")
    }

    @Test("CVAT's turned boxes are polygons, cut where they reach out; an angle of 360 is none")
    func turned() throws {
        let box = #"<box label="bolt" xtl="40.00" ytl="30.00" xbr="80.00" ybr="50.00" rotation="30.00"/>"#
        let read = try Self.read(box)
        #expect(read.rings == ["47.68,21.34 82.32,41.34 72.32,58.66 37.68,38.66"])
        #expect(read.boxes == ["bolt 37.68,21.34,44.64,37.32"] && read.sentences == [])
        let upright = try Self.read(box.replacing("30.00\"/>", with: "360.00\"/>"))
        #expect(upright.rings == [] && upright.boxes == ["bolt 40,30,40,20"])
        let outside = try Self.read(
            #"<box label="bolt" xtl="55.17" ytl="-8.74" xbr="75.49" ybr="88.68" rotation="68.50"/>"#)
        #expect(
            outside.sentences == [] && outside.rings.count == 1,
            "turned it is inside: only its upright box was not")
        let cut = try Self.read(#"<box label="bolt" xtl="100" ytl="30" xbr="120" ybr="50" rotation="45"/>"#)
        #expect(cut.count("outside-cut") == 1 && cut.objects[0].box.x2 == 120)
    }

    @Test("an ellipse is a polygon of 64 corners")
    func ellipse() throws {
        let read = try Self.read(#"<ellipse label="nut" cx="60" cy="40" rx="20" ry="10" rotation="90"/>"#)
        #expect(read.boxes == ["nut 50,20,20,40"] && read.count("ellipse") == 1 && read.reading.isComplete)
        let area = Double(read.objects[0].mask(size: Size(width: 120, height: 80)).area)
        #expect(abs(area - .pi * 200) < 20)
    }

    @Test("outlines of one group are one object; what outlines nothing is counted")
    func groups() throws {
        let part = #"<polygon label="bolt" points="10,10;30,10;30,30" z_order="0" group_id="1"/>"#
        let read = try Self.read(
            part
                + part.replacing("10,10;30,10;30,30", with: "60,10;80,10;80,30").replacing(
                    "z_order=\"0\"", with: "z_order=\"3\"")
                + part.replacing("bolt", with: "nut")
                + part.replacing("group_id=\"1\"", with: "group_id=\"0\"")
                + #"<skeleton label="bolt"><points label="1" points="1,1"/></skeleton><points label="bolt" points="1,1;2,2"/><cuboid label="bolt"/><tag label="bolt"/>"#
        )
        #expect(read.objects.count == 3 && read.rings.count == 4)
        #expect(read.sentences.count == 4 && read.count("no-outline") == 1)
    }

    @Test("a project's subsets are folders: pictures of one name stay apart and are found")
    func subsets() throws {
        let box = #"<box label="bolt" xtl="20" ytl="20" xbr="50" ybr="50"/>"#
        let text =
            "<annotations><version>1.1</version><meta><project><labels><label><name>bolt</name></label></labels></project></meta>"
            + ["Train", "Validation"].map {
                #"<image id="0" name="a.jpg" subset="\#($0)" task_id="1">\#(box)</image>"#
            }.joined() + "</annotations>"
        let read = try People.read(
            .cvat,
            [
                "annotations.xml": .text(text), "images/Train/a.jpg": .picture(120, 80),
                "images/Validation/a.jpg": .picture(60, 60),
            ], at: "annotations.xml")
        #expect(read.files == ["Train/a.jpg", "Validation/a.jpg"])
        #expect(read.reading.set.pictures.map(\.size.width) == [120, 60] && read.boxes.count == 2)
    }

    @Test("a label that is not listed, a box over the border and a bad number refuse no file")
    func slips() throws {
        let read = try Self.read(
            #"<box label="nut" xtl="10" ytl="10" xbr="30" ybr="25"/><box label="cup" xtl="1" ytl="1" xbr="3" ybr="2"/><box label="nut" xtl="-9" ytl="10" xbr="30" ybr="25"/><box label="nut" xtl="x" ytl="10" xbr="30" ybr="25"/><polygon label="nut" points="1,1;2,2"/>"#
        )
        #expect(read.boxes == ["nut 10,10,20,15", "nut 0,10,30,15"])
        #expect(read.count("unlisted-class") == 1 && read.count("unreadable") == 2)
    }
}

extension People.File {
    /// A LabelMe file that holds its picture instead of its size.
    func replacingData(_ base64: String) -> People.File {
        guard case .text(let text) = self else { return self }
        return .text(
            text.replacing("\"imageData\":null", with: "\"imageData\":\"\(base64)\"").replacing(
                "\"imageHeight\":80,\"imageWidth\":120", with: "\"imageHeight\":null"))
    }
}
