import Foundation
import PerSAM
import Spaniel
import SpanielAnnotations
import SpanielImaging
import SpanielJSON
import SpanielTestSupport
import SpanielTool
import Testing

@Suite("learn --from")
struct LearnFromTests {
    let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    static let truth = "coco:\(Tool.example("truth.coco.json"))"

    private func learn(_ task: String, _ model: String, _ source: String, _ more: String...) throws
        -> Tool.Run
    {
        try Tool.run(
            ["learn", "--for", task, "--model", model, "--from", source, "-o", scratch("x.concept")] + more)
    }

    @Test("every format teaches", arguments: ["yolo", "voc", "labelme", "cvat", "labelstudio", "masks"])
    func formats(format: String) throws {
        let pictures = URL(filePath: Tool.root + "Examples").path(percentEncoded: false)
        let place = "\(format):\(scratch("labels"))"
        let converted = try Tool.run(
            "annotations", "convert", Self.truth, place, "--pictures", pictures, "--quiet")
        #expect(converted.status == 0, "\(converted.messages)")
        let learnt = try learn("detect", TinyModels.owlvit, place, "--pictures", pictures)
        #expect(learnt.status == 0 && learnt.output.isEmpty, "\(learnt.messages)")
        #expect(learnt.messages.contains("spaniel: learnt boot from "), "\(learnt.messages)")
        #expect(learnt.messages.contains("; threshold 0."), "\(learnt.messages)")
    }

    @Test(
        "the threshold chosen is the concept's",
        arguments: [("detect", TinyModels.owlvit), ("segment", TinyModels.clipseg)])
    func kept(task: String, model: String) throws {
        let learnt = try learn(task, model, Self.truth)
        #expect(learnt.status == 0, "\(learnt.messages)")
        #expect(learnt.messages.contains("learnt boot from"))
        let found = try Tool.run(
            task, "--model", model, "--concept", scratch("x.concept"), Tool.example("shelf.jpg"), "--json")
        #expect(found.status == 0, "\(found.messages)")
    }

    @Test("learnt, found and evaluated: the figures come out")
    func fewShot() throws {
        #expect(try learn("detect", TinyModels.owlvit, Self.truth, "--quiet").status == 0)
        let pictures = ["shelf.jpg", "lawn.jpg", "path.jpg", "crowd.jpg"].map(Tool.example)
        let found = try Tool.run(
            [
                "detect", "--model", TinyModels.owlvit, "--concept", scratch("x.concept"), "--export",
                "coco:\(scratch("found.json"))",
            ]
                + pictures)
        #expect(found.status == 0, "\(found.messages)")
        let figures = try Tool.run(
            "evaluate", "--truth", Self.truth, "--predictions", "coco:\(scratch("found.json"))", "--json")
        #expect(figures.status == 0, "\(figures.messages)")
        let ap = try figures.records[0]["boxes"]?["ap"]?.double
        #expect(ap.map { (0...1).contains($0) } == true)
    }

    @Test("a labelled set teaches detect closer looks, and the record says what each look thought")
    func closer() throws {
        let learnt = try Tool.run(
            "learn", "--for", "detect", "--from", Self.truth, "-o", scratch("x.concept"))
        #expect(learnt.status == 0, "\(learnt.messages)")
        #expect(learnt.messages.contains("; each place is looked at closer"), "\(learnt.messages)")
        let arguments = ["detect", "--concept", scratch("x.concept"), Tool.example("shelf.jpg"), "--json"]
        let run = try Tool.run(arguments + ["--threads", "1"])
        #expect(run.status == 0, "\(run.messages)")
        let record = try run.records[0]
        #expect(record["sam_model"]?["name"]?.string == "sam-nano")
        let boots = record["objects"]?.array?.filter { $0["class"]?.string == "boot" } ?? []
        #expect(!boots.isEmpty)
        for boot in boots {
            let scores = try #require(boot["scores"])
            let (place, closer) = (scores["place"]?.double ?? 0, scores["closer"]?.double ?? 0)
            #expect(abs((boot["score"]?.double ?? 0) - closer * pow(place, 0.25)) < 1e-4)
            #expect(scores["sigmoid"] != nil && scores["logit"] != nil && boot["mask"] == nil)
        }
        #expect(try Tool.run(arguments + ["--threads", "2"]).objects == run.objects)
    }

    /// The boots and pumpkins of the pictures in Examples/ as one class, which no one example is like.
    private func bootsAndPumpkins() throws -> String {
        var truth = try JSON(
            parsing: Data(contentsOf: URL(filePath: String(Self.truth.dropFirst("coco:".count)))))
        let chosen = truth["categories"]!.array!.filter { ["boot", "pumpkin"].contains($0["name"]?.string) }
        let ids = chosen.compactMap { $0["id"]?.int }
        truth["categories"] = [["id": 1, "name": "thing"]]
        truth["annotations"] = JSON(
            truth["annotations"]!.array!.filter { ids.contains($0["category_id"]!.int!) }.map {
                var one = $0
                one["category_id"] = 1
                return one
            })
        truth["images"] = JSON(
            truth["images"]!.array!.map {
                var one = $0
                one["file_name"] = JSON(Tool.example(one["file_name"]!.string!))
                return one
            })
        return "coco:\(try scratch.file("things.json", truth.bytes()))"
    }

    @Test(
        "a labelled set teaches find closer looks, of a class with several looks too; the record tells them")
    func closerFind() throws {
        let learnt = try Tool.run(
            "learn", "--for", "find", "--from", bootsAndPumpkins(), "-o", scratch("x.concept"))
        #expect(learnt.status == 0, "\(learnt.messages)")
        #expect(learnt.messages.contains("; each place is looked at closer"), "\(learnt.messages)")
        let arguments = ["find", "--concept", scratch("x.concept"), Tool.example("shelf.jpg"), "--json"]
        let run = try Tool.run(arguments + ["--threads", "1"])
        #expect(run.status == 0, "\(run.messages)")
        let things = try run.records[0]["objects"]?.array?.filter { $0["class"]?.string == "thing" } ?? []
        #expect(things.count == 3)
        for thing in things {
            let scores = try #require(thing["scores"])
            let (place, closer) = (scores["place"]?.double ?? 0, scores["closer"]?.double ?? 0)
            #expect(abs((thing["score"]?.double ?? 0) - closer * pow(place, 0.25)) < 1e-4)
            #expect(scores["similarity"] != nil && thing["mask"] != nil)
        }
        #expect(try Tool.run(arguments + ["--threads", "2"]).objects == run.objects)
    }

    @Test("--sam-model belongs to detect, and there to --from or to what looks closer")
    func samModel() throws {
        for arguments in [
            ["learn", "--for", "find", "--from", Self.truth, "-o", scratch("x"), "--sam-model", "sam-nano"],
            [
                "learn", "--for", "detect", "--text", "a", "-o", scratch("x"), "--sam-model", "sam-nano",
            ],
            ["detect", Tool.example("shelf.jpg"), "--text", "a", "--sam-model", "sam-nano"],
        ] {
            #expect(try Tool.run(arguments).status == 64, "\(arguments)")
        }
    }

    @Test("of a large set so much is taken as was asked for, and that is said")
    func caps() throws {
        let run = try learn("detect", TinyModels.owlvit, Self.truth, "--max-examples", "1")
        #expect(run.status == 0 && run.messages.contains("learning from "), "\(run.messages)")
        let usual = "learnt boot from 1 example; threshold 0.400, the usual one: one picture shows it"
        #expect(run.messages.contains(usual), "\(run.messages)")
        #expect(try learn("detect", TinyModels.owlvit, Self.truth, "--max-pictures", "0").status == 64)
    }

    @Test("each class has its turn, and so has each picture; pictures without what is taken come last")
    func selection() {
        func object(_ index: Int, crowd: Bool = false) -> LabelledObject {
            var object = LabelledObject(classIndex: index, box: Box(x1: 0, y1: 0, x2: 1, y2: 1))
            object.isCrowd = crowd
            return object
        }
        let size = Size(width: 8, height: 8)
        let set = LabelledSet(
            classes: ["a", "b"],
            pictures: [[object(0), object(0)], [object(0)], [object(1, crowd: true)], [object(1)]]
                .enumerated().map {
                    LabelledPicture(file: "\($0.offset).png", size: size, objects: $0.element)
                })
        func taken(_ maximum: Int, _ examples: Int) -> [String: [Int]] {
            Dictionary(
                uniqueKeysWithValues: LabelledPictures(set, maximum: maximum, examples: examples).entries.map
                {
                    ($0.labels.file, $0.examples.sorted())
                })
        }
        #expect(taken(9, 9) == ["0.png": [0, 1], "1.png": [0], "2.png": [], "3.png": [0]])
        #expect(LabelledPictures(set, maximum: 9, examples: 9).omission == nil)
        #expect(taken(9, 2) == ["0.png": [0], "1.png": [0], "2.png": [], "3.png": [0]])
        #expect(taken(2, 9) == ["0.png": [0, 1], "3.png": [0]])
        #expect(taken(3, 1) == ["0.png": [0], "1.png": [], "3.png": [0]])
        #expect(
            LabelledPictures(set, maximum: 3, examples: 1).omission?.contains(
                "2 of 4 objects, in 3 of 4 pictures") == true)
    }

    @Test("a picture named twice is one picture; of two files, or two sizes, it is two")
    func twice() {
        func picture(_ file: String, _ side: Int = 8) -> LabelledPicture {
            let object = LabelledObject(classIndex: 0, box: Box(x1: 0, y1: 0, x2: 1, y2: 1))
            return LabelledPicture(file: file, size: Size(width: side, height: side), objects: [object])
        }
        let set = LabelledSet(
            classes: ["a"],
            pictures: [picture("x.png"), picture("y.png"), picture("x.png"), picture("y.png", 9)])
        let entries = LabelledPictures(set, maximum: 9, examples: 9).entries
        #expect(
            entries.map(\.labels.file) == ["x.png", "y.png", "y.png"]
                && entries.map(\.examples.count) == [2, 1, 1])
    }

    /// A COCO file beside the examples' pictures: classes, and objects as class id, picture, x and whether
    /// they are a crowd.
    private func coco(_ classes: [String], _ objects: [(Int, String, Int, Bool)]) throws -> String {
        let files = ["shelf.jpg", "lawn.jpg", "path.jpg"]
        for file in files { try scratch.write(file, Data(contentsOf: URL(filePath: Tool.example(file)))) }
        let sizes = try files.map { try Picture(contentsOf: URL(filePath: scratch($0))).size }
        let images = zip(files, sizes).enumerated().map {
            #"{"id":\#($0.offset),"file_name":"\#($0.element.0)","width":\#($0.element.1.width),"height":\#($0.element.1.height)}"#
        }
        let annotations = objects.enumerated().map { number, object in
            """
            {"id":\(number + 1),"image_id":\(files.firstIndex(of: object.1) ?? 9),"category_id":\(object.0),\
            "bbox":[\(object.2),40,90,80],"iscrowd":\(object.3 ? 1 : 0)}
            """
        }
        let categories = classes.enumerated().map { #"{"id":\#($0.offset),"name":"\#($0.element)"}"# }
        let text =
            #"{"images":[\#(images.joined(separator: ","))],"annotations":[\#(annotations.joined(separator: ","))],"#
            + #""categories":[\#(categories.joined(separator: ","))]}"#
        return "coco:" + (try scratch.file("set.json", text.utf8))
    }

    @Test("one picture chooses no threshold; a class of crowds or of nothing is not learnt, and is named")
    func tooLittle() throws {
        let set = try coco(
            ["mug", "gröup", "none"], [(0, "shelf.jpg", 10, false), (1, "lawn.jpg", 10, true)])
        let run = try learn("detect", TinyModels.owlvit, set)
        #expect(run.status == 0, "\(run.messages)")
        #expect(
            run.messages.contains(
                "learnt mug from 1 example; threshold 0.400, the usual one: one picture shows it, 3 are needed"
            ))
        #expect(run.messages.contains("not learnt, for want of an example: gröup, none"), "\(run.messages)")
        let described = try learn("detect", TinyModels.owlvit, set, "--text", "none=a b")
        #expect(
            described.messages.contains("learnt none from its words")
                && described.messages.contains("example: gröup\n"))
        let crowds = try learn("detect", TinyModels.owlvit, coco(["mug"], [(0, "lawn.jpg", 10, true)]))
        #expect(
            crowds.status == 65 && crowds.messages.contains("expected objects to learn from, found none"),
            "\(crowds.messages)")
        #expect(crowds.messages.contains("1 crowd was left out") && crowds.messages.contains("--keep-crowds"))
        let kept = try learn(
            "detect", TinyModels.owlvit, coco(["mug"], [(0, "lawn.jpg", 10, true)]), "--keep-crowds")
        #expect(kept.status == 0 && kept.messages.contains("learnt mug from 1 example"), "\(kept.messages)")
    }

    @Test("classes of one name are one class, and what was learnt can be used")
    func sameName() throws {
        let objects = [(0, "shelf.jpg", 10, false), (1, "lawn.jpg", 10, false), (1, "path.jpg", 10, false)]
        let run = try learn("detect", TinyModels.owlvit, coco(["möwe", "möwe"], objects))
        #expect(
            run.status == 0 && run.messages.contains("learnt möwe from 3 examples; threshold 0."),
            "\(run.messages)")
        let found = try Tool.run(
            "detect", "--model", TinyModels.owlvit, "--concept", scratch("x.concept"), scratch("lawn.jpg"))
        #expect(found.status == 0, "\(found.messages)")
    }

    @Test(
        "missing pictures are counted and named before anything is learnt, with the option that says where they lie"
    )
    func missingPictures() throws {
        let set = try coco(["mug"], [(0, "shelf.jpg", 10, false), (0, "lawn.jpg", 10, false)])
        try FileManager.default.removeItem(atPath: scratch("lawn.jpg"))
        let run = try learn("detect", "no-such-model", set)
        #expect(run.status == 66, "\(run.messages)")
        #expect(
            run.messages.contains(
                "1 of 3 pictures are missing, the first: \(scratch("lawn.jpg")); say with --pictures FOLDER"),
            "\(run.messages)")
        #expect(try learn("segment", TinyModels.clipseg, set, "--fit-threshold").status == 64)
        try scratch.write("lawn.jpg", Data(contentsOf: URL(filePath: Tool.example("found.jpg"))))
        let other = try learn("detect", TinyModels.owlvit, set)
        #expect(other.status == 65 && other.messages.contains("as labelled, found "), "\(other.messages)")
    }

    @Test("pictures are looked for where the format keeps them, or where they were said to be")
    func places() throws {
        let voc = try AnnotationArgument(parsing: "voc:\(scratch("set/Annotations"))")
        try scratch.folder("set/Annotations")
        try scratch.write("set/JPEGImages/a.jpg")
        try scratch.write("elsewhere/b.jpg")
        #expect(
            LabelledPictures.place(of: "a.jpg", source: voc, pictures: nil)
                == scratch("set/Annotations/../JPEGImages/a.jpg"))
        #expect(
            LabelledPictures.place(of: "images/b.jpg", source: voc, pictures: scratch("elsewhere"))
                == scratch("elsewhere/b.jpg"))
        #expect(LabelledPictures.place(of: "/x/c.jpg", source: voc, pictures: nil) == "/x/c.jpg")
        let coco = try AnnotationArgument(parsing: "coco:some/truth.json")
        #expect(LabelledPictures.place(of: "d.jpg", source: coco, pictures: nil) == "some/d.jpg")
    }

    @Test(
        "a report names the threshold, the examples that hurt by file and number, and what was not examined")
    func report() {
        func search(_ picture: Int, _ examples: [Int]) -> DetectionEvidence? {
            let box = Box(x1: 0, y1: 0, x2: 4, y2: 4)
            let other = Box(x1: 50, y1: 0, x2: 54, y2: 4)
            return DetectionEvidence(
                found: [(box, 0.75), (other, examples.contains(2) ? 0.875 : 0.25)], labelled: [box])
        }
        let places = (0..<4).map { LabelledLearning.Place(file: "p/\($0).jpg", object: 1 + $0) }
        let result = LeaveOneOut(pictures: 4, pictureOfExample: [0, 1, 2, 3], usual: 0.5, search: search)
        let lines = LabelledLearning.report("mug", result, places, usual: 0.5)
        #expect(lines.count == 2 && lines[0].hasPrefix("learnt mug from 4 examples; threshold 0.5"))
        #expect(
            lines.last?.contains(
                "p/2.jpg object 3 (mug) hurts: without it the others score 100 % instead of ") == true,
            "\(lines)")
        let hasty = LeaveOneOut(
            pictures: 4, pictureOfExample: [0, 1, 2, 3], usual: 0.5, budget: 0, search: search)
        #expect(
            LabelledLearning.report("mug", hasty, places, usual: 0.5).last?.contains("the first 0 of 4 only")
                == true)
    }

    @Test("what cannot be learnt from is refused with the contract's codes")
    func failures() throws {
        #expect(try learn("detect", TinyModels.owlvit, "coco:\(scratch("none.json"))").status == 66)
        #expect(try learn("detect", TinyModels.owlvit, "coco-results:x.json").status == 64)
        #expect(try learn("detect", TinyModels.owlvit, "masks:\(scratch("m"))").status == 64)
        #expect(
            try Tool.run("learn", "--example", "x.png#y.png", "--pictures", "z", "-o", scratch("y.concept"))
                .status == 64)
        let alone = try scratch.file(
            "truth.json", Data(contentsOf: URL(filePath: Tool.example("truth.coco.json"))))
        #expect(try learn("detect", TinyModels.owlvit, "coco:\(alone)").status == 66)
        let empty = try scratch.file("empty.json", #"{"images":[],"annotations":[],"categories":[]}"#.utf8)
        let nothing = try learn("detect", TinyModels.owlvit, "coco:\(empty)")
        #expect(
            nothing.status == 65 && nothing.messages.contains("expected labelled pictures, found none"),
            "\(nothing.messages)")
        #expect(!FileManager.default.fileExists(atPath: scratch("x.concept")))
    }
}
