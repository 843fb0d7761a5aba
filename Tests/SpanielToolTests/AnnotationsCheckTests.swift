import Foundation
import SpanielImaging
import SpanielJSON
import SpanielTestSupport
import SpanielTool
import Testing

@Suite("annotations check, --strict and --skip-bad")
struct AnnotationsCheckTests {
    let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    /// One picture with a good box, and others as asked.
    private func coco(_ more: String = "") throws -> String {
        let text = """
            {"images":[{"id":1,"file_name":"a.png","width":120,"height":80},{"id":2,"file_name":"b.png","width":60,"height":60}],
             "annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[10,10,30,20],"area":600}\(more)],
             "categories":[{"id":1,"name":"bolt"},{"id":2,"name":"nut"}]}
            """
        return "coco:" + (try scratch.file("set.json", text.utf8))
    }

    private func picture(_ name: String) throws {
        try scratch.write(
            name, PNG.encode(gray: [UInt8](repeating: 9, count: 120 * 80), width: 120, height: 80))
    }

    @Test("a whole set is said by class and size, and the code is 0")
    func whole() throws {
        let set = try coco()
        let run = try Tool.run("annotations", "check", set)
        #expect(run.status == 0 && run.messages == "", "\(run.messages)")
        for line in [
            ": COCO, 2 pictures, 1 object, 2 classes\n", "  bolt         1         1         0       0\n",
            "sizes of pictures: 1 × 60 x 60, 1 × 120 x 80\n", "pictures without objects: 1 (b.png)\n",
            "left out: nothing\n",
        ] { #expect(run.output.contains(line), "\(run.output)") }
        let json = try Tool.run("annotations", "check", set, "--json").records[0]
        #expect(json["complete"] == true && json["pictures"] == 2 && json["objects"] == 1)
        #expect(
            json["classes"]![0] == ["class": "bolt", "objects": 1, "pictures": 1, "outlines": 0, "crowds": 0])
        #expect(json["areas"] == ["small": 1, "medium": 0, "large": 0] && json["notes"] == [])
    }

    @Test("what was left out, what stands twice and what has no picture is said, and the code is 65")
    func incomplete() throws {
        let set = try coco(
            #","#
                + #"{"id":2,"image_id":1,"category_id":1,"bbox":[10,10,30,20]},{"id":3,"image_id":1,"category_id":1,"bbox":[100,10,30,20]},{"id":4,"image_id":1,"category_id":1,"bbox":[1]}"#
        )
        try picture("photos/a.png")
        try picture("photos/c.png")
        let run = try Tool.run("annotations", "check", set, "--pictures", scratch("photos"))
        #expect(run.status == 65 && run.messages.hasSuffix("set.json: not all of it can be used\n"))
        for line in [
            "objects that stand twice: 1 (a.png)", "pictures that no label names: 1 (c.png)",
            "labels whose picture is not at hand: 1 (b.png)", "  1 label cut off at the picture's border\n",
            "  1 shape left out as unreadable\n",
            "  set.json: annotations[3].bbox: expected [x, y, width, height], found [1]\n",
        ] { #expect(run.output.contains(line), "\(run.output)") }
        let json = try Tool.run("annotations", "check", set, "--pictures", scratch("photos"), "--json")
            .records[0]
        #expect(json["complete"] == false && json["picturesWithoutLabels"]!["files"] == ["c.png"])
        #expect(json["notes"]!.array!.map { $0["kind"] } == ["outside-cut", "unreadable"])
    }

    @Test("convert counts by kind in --json; --strict refuses what it would leave out, and names all of it")
    func strict() throws {
        let set = try coco(#",{"id":3,"image_id":1,"category_id":1,"bbox":[100,10,30,20]}"#)
        let run = try Tool.run("annotations", "convert", set, "voc:\(scratch("voc"))", "--json")
        let json = try run.records[0]
        #expect(run.status == 0 && json["pictures"] == 2 && json["objects"] == 2)
        #expect(
            json["read"] == [
                [
                    "kind": "outside-cut", "count": 1, "loss": true,
                    "message": "1 label cut off at the picture's border",
                ]
            ])
        #expect(
            json["written"]!.array!.map { $0["kind"] } == [
                "class-without-objects-left-out", "ids-and-stated-areas-left",
            ])
        #expect(json["unreadable"] == [])
        let strict = try Tool.run("annotations", "convert", set, "voc:\(scratch("not"))", "--strict")
        #expect(strict.status == 65 && strict.messages.contains("annotations[1].bbox: expected a box inside"))
        #expect(!FileManager.default.fileExists(atPath: scratch("not")))
        let both = try Tool.run(
            "annotations", "convert", set, "voc:\(scratch("not"))", "--strict", "--skip-bad")
        #expect(both.status == 64)
    }

    @Test("files that cannot be read are all named and refused; --skip-bad writes the rest and ends with 65")
    func skipBad() throws {
        func xml(_ name: String, _ width: String) throws {
            let text =
                "<annotation><filename>\(name).jpg</filename><size><width>\(width)</width><height>80</height></size><object><name>bolt</name><bndbox><xmin>11</xmin><ymin>11</ymin><xmax>40</xmax><ymax>30</ymax></bndbox></object></annotation>"
            try scratch.write("voc/\(name).xml", text.utf8)
        }
        for (name, width) in [("bad1", "0"), ("ok", "120"), ("bad2", "wide")] { try xml(name, width) }
        let out = "coco:\(scratch("out.json"))"
        let refused = try Tool.run("annotations", "convert", "voc:\(scratch("voc"))", out)
        #expect(refused.status == 65 && !FileManager.default.fileExists(atPath: scratch("out.json")))
        for name in ["bad1.xml: line 1", "bad2.xml: line 1", "2 files cannot be read; --skip-bad goes on"] {
            #expect(refused.messages.contains(name), "\(refused.messages)")
        }
        let skipped = try Tool.run(
            "annotations", "convert", "voc:\(scratch("voc"))", out, "--skip-bad", "--quiet")
        #expect(skipped.status == 65)
        for name in ["bad1.xml: line 1", "bad2.xml: line 1", "done without 2 of its files and labels"] {
            #expect(skipped.messages.contains(name), "\(skipped.messages)")
        }
        let json = try JSON(parsing: Data(contentsOf: URL(filePath: scratch("out.json"))))
        #expect(json["images"]!.array!.count == 1 && json["annotations"]!.array!.count == 1)
    }

    @Test(
        "a folder without labels is an error that says which files were looked for, in every format",
        arguments: [
            ("yolo", "data.yaml"), ("voc", "NAME.xml"), ("labelme", "NAME.json"), ("masks", ".mask.png"),
        ])
    func nothing(format: String, sought: String) throws {
        try picture("set/a.jpg")
        let run = try Tool.run(
            "annotations", "convert", "\(format):\(scratch("set"))", "coco:\(scratch("x.json"))")
        #expect(run.status == 65 || run.status == 66)
        #expect(run.messages.contains(sought), "\(run.messages)")
        #expect(!FileManager.default.fileExists(atPath: scratch("x.json")))
    }

    @Test("a set of which nothing can be used is an error that says why")
    func nothingLeft() throws {
        let text =
            #"{"shapes":[{"label":"x","points":[[1,1],[2,2]],"shape_type":"line"}],"imagePath":"a.jpg","imageWidth":9,"imageHeight":9}"#
        try scratch.write("set/a.json", text.utf8)
        let run = try Tool.run(
            "annotations", "convert", "labelme:\(scratch("set"))", "coco:\(scratch("x.json"))")
        #expect(
            run.status == 65 && run.messages.contains("1 shape of kind line left out: no object is inside"))
    }

    @Test("evaluate cuts the truth's labels, counts in --json, and leaves predictions as they are")
    func evaluate() throws {
        let truth = try coco(#",{"id":3,"image_id":1,"category_id":1,"bbox":[100,10,30,20]}"#)
        let found = try scratch.file(
            "found.json",
            #"[{"image_id":"a","category_id":1,"bbox":[10,10,30,20],"score":0.9},{"image_id":1,"category_id":1,"bbox":[100,10,20,20],"score":0.9}]"#
                .utf8)
        let run = try Tool.run("evaluate", "--truth", truth, "--predictions", "coco:\(found)", "--json")
        let json = try run.records[0]
        #expect(run.status == 0 && json["boxes"]!["ap50"]!.double! > 0.999, "\(run.messages)")
        #expect(json["losses"]!["truth"]![0]!["kind"] == "outside-cut")
        #expect(json["losses"]!["predictions"]![0]!["kind"] == "result-by-name")
        let strict = try Tool.run("evaluate", "--truth", truth, "--predictions", "coco:\(found)", "--strict")
        #expect(strict.status == 65)
    }
}
