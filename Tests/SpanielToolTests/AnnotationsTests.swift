import Foundation
import SpanielAnnotations
import SpanielImaging
import SpanielJSON
import SpanielTestSupport
import SpanielTool
import Testing

@Suite("annotations and evaluate")
struct AnnotationsTests {
    /// Labels of two pictures: a mug with a hole in one, nothing in the other.
    static let truth = """
        {"images":[{"id":1,"file_name":"a.png","width":20,"height":12},{"id":2,"file_name":"b.png","width":20,"height":12}],
         "annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[2,2,7,7],"area":48,"iscrowd":0,
           "segmentation":{"size":[12,20],"counts":"\(Mask(width: 20, height: 12) { x, y in (2..<9).contains(x) && (2..<9).contains(y) && !(x == 5 && y == 5) }.rle.compressed)"}}],
         "categories":[{"id":1,"name":"mug"},{"id":2,"name":"boot"}]}
        """

    @Test("a format and a path behind a colon, which may hold more of them")
    func argument() throws {
        let argument = try AnnotationArgument(parsing: "yolo:C:/x")
        #expect(argument.format == .yolo && argument.path == "C:/x")
        for text in ["", "coco", "coco:", "spoon:x", ":x", "COCO:x"] {
            #expect(throws: UsageError.self) { try AnnotationArgument(parsing: text) }
        }
    }

    @Test(
        "annotations convert says what it wrote and what the format cannot hold",
        arguments: AnnotationFormat.allCases)
    func convert(format: AnnotationFormat) throws {
        let scratch = try ScratchFolder()
        let truth = try scratch.file("truth.json", Self.truth.utf8)
        let out = scratch("out")
        let run = try Tool.run("annotations", "convert", "coco:\(truth)", "\(format.rawValue):\(out)")
        #expect(
            run.status == 0 && run.output == ""
                && run.messages.contains("spaniel: 1 object in 2 pictures written to \(out)\n"))
        if format == .voc {
            #expect(run.messages.contains("spaniel: \(out): 1 mask left out: Pascal VOC holds boxes only\n"))
        }
        #expect(FileManager.default.fileExists(atPath: out))
        let quiet = try Tool.run(
            "annotations", "convert", "coco:\(truth)", "\(format.rawValue):\(out)2", "--quiet")
        #expect(quiet.status == 0 && quiet.messages == "")
        // And back, where the format says its pictures' sizes.
        guard format != .yolo, format != .cocoResults else { return }
        let back = try Tool.run(
            "annotations", "convert", "\(format.rawValue):\(out)", "coco:\(scratch("back.json"))", "--quiet")
        #expect(back.status == 0)
        let json = try JSON(parsing: Data(contentsOf: URL(filePath: scratch("back.json"))))
        #expect(json["annotations"]![0]!["bbox"] == [2, 2, 7, 7])
        #expect(json["annotations"]![0]!["area"] == (format == .voc ? 49 : 48))
    }

    @Test("annotations that are missing or wrong end with the contract's codes and one message")
    func failures() throws {
        let scratch = try ScratchFolder()
        let truth = try scratch.file("truth.json", Self.truth.utf8)
        func run(_ arguments: String...) throws -> (Int32, String) {
            let run = try Tool.run(["annotations", "convert"] + arguments)
            return (run.status, run.messages)
        }
        #expect(try run("coco:\(scratch("none.json"))", "voc:\(scratch("out"))").0 == 66)
        #expect(
            try run("cvat:\(truth)", "voc:\(scratch("out"))") == (
                65, "spaniel: truth.json: line 1: expected an element, found '{'\n"
            ))
        #expect(try run("coco:\(truth)", "coco:\(truth)/under/a/file").0 == 73)
        #expect(try run("coco:\(truth)", "voc:\(truth)").0 == 73)
        #expect(try run("coco:\(truth)", "spoon:x").0 == 64)
        #expect(!FileManager.default.fileExists(atPath: scratch("out")))
    }

    @Test("evaluate: what is found in full has an AP of one, for people and as JSON")
    func evaluate() throws {
        let scratch = try ScratchFolder()
        let truth = try scratch.file("truth.json", Self.truth.utf8)
        let results =
            "[{\"image_id\":1,\"category_id\":1,\"bbox\":[2,2,7,7],\"score\":0.75},{\"image_id\":2,\"category_id\":1,\"bbox\":[2,2,7,7],\"score\":0.25}]"
        let found = try scratch.file("found.json", results.utf8)
        let run = try Tool.run("evaluate", "--truth", "coco:\(truth)", "--predictions", "coco:\(found)")
        #expect(
            run.status == 0 && run.messages == ""
                && run.output.hasPrefix("1 objects in 2 pictures, 2 found\n"))
        #expect(run.output.contains("  mug   1.000  1.000  1.000"))
        #expect(run.output.contains("  boot      –      –      –"))
        let json = try Tool.run(
            "evaluate", "--truth", "coco:\(truth)", "--predictions", "coco:\(found)", "--json"
        ).records[0]
        #expect(
            abs(json["boxes"]!["ap"]!.double! - 1) < 1e-9 && json["boxes"]!["apLarge"] == .null
                && json["masks"] == nil)
        #expect(json["presence"]!["auroc"] == 1.0 && json["precisionRecall"]!["precision"] == 1.0)
        #expect(
            json["boxes"]!["classes"]![1]!["class"] == "boot" && json["boxes"]!["classes"]![1]!["ap"] == .null
        )
        let same = try Tool.run(
            "evaluate", "--truth", "coco:\(truth)", "--predictions", "coco:\(truth)", "--json"
        ).records[0]
        #expect(abs(same["masks"]!["ap"]!.double! - 1) < 1e-9 && same["iou"]!["mean"] == 1.0)
        #expect(
            try Tool.run(
                "evaluate", "--truth", "coco:\(truth)", "--predictions", "coco:\(truth)", "--threshold", "2"
            ).status == 64)
        let other = try scratch.file(
            "other.json", Self.truth.replacingOccurrences(of: ".png", with: ".jpg").utf8)
        let strangers = try Tool.run("evaluate", "--truth", "coco:\(truth)", "--predictions", "coco:\(other)")
        #expect(
            strangers.status == 65
                && strangers.messages.contains(
                    "expected predictions for the truth's pictures (such as a.png)")
        )
    }
}
