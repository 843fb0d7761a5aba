import Foundation
import SpanielAnnotations
import SpanielImaging
import SpanielTestSupport
import Testing

@Suite("round trips of random sets")
struct RoundTripTests {
    static let seeds: [UInt64] = Array(1...8)

    /// What must come back.
    struct Kept: OptionSet {
        let rawValue: Int
        static let shapes = Kept(rawValue: 1)
        static let scores = Kept(rawValue: 2)
        static let provenance = Kept(rawValue: 4)
        static let emptyPictures = Kept(rawValue: 8)
    }

    /// Compares two sets by files, class names, boxes and pixels.
    static func expectSame(
        _ back: LabelledSet, _ set: LabelledSet, _ kept: Kept, file: (String) -> String = { $0 }
    ) {
        let wanted = set.pictures.filter { kept.contains(.emptyPictures) || !$0.objects.isEmpty }
        #expect(back.pictures.map(\.file).sorted() == wanted.map { file($0.file) }.sorted())
        for picture in wanted {
            guard let other = back.pictures.first(where: { $0.file == file(picture.file) }) else { continue }
            #expect(other.size == picture.size)
            guard other.objects.count == picture.objects.count else {
                Issue.record(
                    "\(picture.file): \(other.objects.count) objects, expected \(picture.objects.count)")
                continue
            }
            for (a, b) in zip(other.objects, picture.objects) {
                #expect(back.classes[a.classIndex].name == set.classes[b.classIndex].name)
                #expect(a.box == b.box)
                if kept.contains(.shapes) {
                    #expect((a.shape == nil) == (b.shape == nil))
                    #expect(
                        a.mask(size: picture.size) == b.mask(size: picture.size),
                        "\(picture.file) \(picture.size)")
                }
                if kept.contains(.scores) { #expect(a.score == b.score) }
                if kept.contains(.provenance) { #expect(a.provenance == b.provenance) }
            }
        }
    }

    static func roundTrip(
        _ set: LabelledSet, _ format: AnnotationFormat, _ options: AnnotationOptions = AnnotationOptions()
    ) throws -> (set: LabelledSet, losses: [String]) {
        let folder = try ScratchFolder()
        let url = folder[format.isFolder ? "out" : "out.file"]
        let losses = try set.write(format, to: url, options: options)
        let back = try LabelledSet.read(format, at: url, options: options)
        #expect(back.losses == [])
        return (back.set, losses)
    }

    @Test(
        "a labelled set's masks come back to the pixel",
        arguments: [AnnotationFormat.coco, .cvat, .labelme, .labelStudio], seeds)
    func shapes(format: AnnotationFormat, seed: UInt64) throws {
        let set = LabelledSet.random(seed: seed, shapes: true)
        let (back, losses) = try Self.roundTrip(set, format)
        Self.expectSame(back, set, [.shapes, .scores, .provenance, .emptyPictures])
        if format == .coco || format == .cvat {
            #expect(back.classes.map(\.name) == LabelledSet.classNames)
            #expect(losses == [])
        } else {
            #expect(losses == ["1 class without objects left out: \(format.title) has no list of classes"])
        }
    }

    @Test(
        "a labelled set's boxes come back",
        arguments: [AnnotationFormat.coco, .cvat, .labelme, .labelStudio, .voc], seeds)
    func boxes(format: AnnotationFormat, seed: UInt64) throws {
        let set = LabelledSet.random(seed: seed, shapes: false, scores: format != .voc)
        let (back, _) = try Self.roundTrip(set, format)
        let kept: Kept =
            format == .voc ? [.shapes, .emptyPictures] : [.shapes, .scores, .provenance, .emptyPictures]
        Self.expectSame(back, set, kept)
    }

    @Test(
        "boxes at fractions of pixels come back where the format holds them",
        arguments: [AnnotationFormat.coco, .cvat, .labelme], seeds)
    func fractions(format: AnnotationFormat, seed: UInt64) throws {
        var random = Generator(seed: seed)
        var picture = LabelledPicture(file: "a.jpg", size: Size(width: 1237, height: 777))
        for _ in 0..<20 {
            let (x, y) = (
                Double.random(in: 0...1000, using: &random), Double.random(in: 0...600, using: &random)
            )
            picture.objects.append(
                LabelledObject(
                    classIndex: 0,
                    box: Box(x1: x, y1: y, x2: x + .random(in: 0...200, using: &random), y2: y + 1 / 3)))
        }
        let (back, _) = try Self.roundTrip(LabelledSet(classes: ["a"], pictures: [picture]), format)
        for (a, b) in zip(back.pictures[0].objects, picture.objects) {
            #expect(
                abs(a.box.x1 - b.box.x1) + abs(a.box.y1 - b.box.y1) + abs(a.box.x2 - b.box.x2)
                    + abs(a.box.y2 - b.box.y2) < 1e-9)
        }
    }

    /// A folder of pictures where YOLO looks for them.
    static func yolo(_ set: LabelledSet, _ options: AnnotationOptions = AnnotationOptions()) throws -> (
        LabelledSet, [String], String
    ) {
        let folder = try ScratchFolder()
        for picture in set.pictures { try folder.write("out/images/\(picture.file)", blank(picture.size)) }
        let losses = try set.write(.yolo, to: folder["out"], options: options)
        let (back, notes) = try LabelledSet.read(.yolo, at: folder["out"])
        #expect(notes == [])
        let names = try #require(FileManager.default.subpaths(atPath: folder["out/labels"].path)).filter {
            $0.hasSuffix(".txt")
        }
        #expect(names.count == set.pictures.count, "a picture without objects has its empty file")
        let yaml = try String(contentsOf: folder["out/data.yaml"], encoding: .utf8)
        return (back, losses, yaml)
    }

    @Test(
        "what an earlier set left in the folder is said, as trainers would read it too",
        arguments: [AnnotationFormat.yolo, .voc])
    func earlier(_ format: AnnotationFormat) throws {
        let folder = try ScratchFolder()
        func set(_ names: [String]) -> LabelledSet {
            var set = LabelledSet(classes: ["a"], pictures: [])
            for name in names {
                var picture = LabelledPicture(file: name, size: Size(width: 9, height: 9))
                picture.objects.append(LabelledObject(classIndex: 0, box: Box(x1: 1, y1: 1, x2: 5, y2: 4)))
                set.pictures.append(picture)
            }
            return set
        }
        #expect(try set(["a.png", "b.png", "c.png"]).write(format, to: folder["out"]) == [])
        #expect(try set(["a.png", "b.png", "c.png"]).write(format, to: folder["out"]) == [])
        let notes = try set(["b.png"]).write(format, to: folder["out"])
        #expect(
            notes.count == 1 && notes[0].hasPrefix("2 ") && notes[0].contains("of an earlier set still there")
        )
    }

    @Test(
        "YOLO's segments come back to the pixel, holes and parts through cuts of no width; classes keep their order",
        arguments: seeds)
    func segments(seed: UInt64) throws {
        let set = LabelledSet.random(seed: seed, shapes: true, scores: false)
        let (back, losses, yaml) = try Self.yolo(set)
        Self.expectSame(back, set, [.shapes, .emptyPictures]) { "images/" + $0 }
        #expect(back.classes.map(\.name) == LabelledSet.classNames)
        #expect(yaml.contains("nc: 5\n"))
        // Ultralytics (8.4.190, `check_det_dataset`) takes a relative path, "." too, from the current folder, and
        // the file's own folder where there is none.
        #expect(!yaml.contains("path:"))
        #expect(losses.contains { $0.contains("joined into one ring by cuts of no width") })
    }

    @Test("YOLO's boxes come back", arguments: seeds)
    func yoloBoxes(seed: UInt64) throws {
        let set = LabelledSet.random(seed: seed, shapes: false)
        let (back, losses, _) = try Self.yolo(set)
        Self.expectSame(back, set, [.shapes, .emptyPictures]) { "images/" + $0 }
        #expect(
            losses.contains { $0.hasSuffix("left out: YOLO has no place for them") && $0.contains("score") })
        var options = AnnotationOptions()
        options.yolo = .segments
        let (outlines, notes, _) = try Self.yolo(set, options)
        for (a, b) in zip(
            outlines.pictures, set.pictures.sorted { "images/" + $0.file < "images/" + $1.file })
        {
            #expect(a.objects.map(\.box) == b.objects.map(\.box) && a.objects.allSatisfy { $0.shape != nil })
        }
        #expect(notes.contains { $0.contains("written as four corners among segments") })
    }

    @Test("a folder of masks comes back to the pixel, and finds its pictures again", arguments: seeds)
    func masks(seed: UInt64) throws {
        let set = LabelledSet.random(seed: seed, shapes: true)
        let folder = try ScratchFolder()
        let losses = try set.write(.masks, to: folder["out"])
        for picture in set.pictures { try folder.write("photos/\(picture.file)", blank(picture.size)) }
        var options = AnnotationOptions()
        options.pictures = folder["photos"]
        Self.expectSame(try LabelledSet.read(.masks, at: folder["out"], options: options).set, set, [.shapes])
        let alone = try LabelledSet.read(.masks, at: folder["out"]).set
        #expect(alone.pictures.map(\.file).contains("sub/deeper/b.c"))
        #expect(
            losses.contains("1 picture without objects left out: a folder of PNG masks has no place for them")
        )
    }

    @Test("a results file brings the found objects back under the truth's ids", arguments: seeds)
    func results(seed: UInt64) throws {
        var truth = LabelledSet.random(seed: seed, shapes: true)
        for place in truth.pictures.indices { truth.pictures[place].number = 100 - place }
        for place in truth.classes.indices { truth.classes[place].number = 7 * place }
        var options = AnnotationOptions()
        options.truth = truth
        let (back, _) = try Self.roundTrip(truth, .cocoResults, options)
        Self.expectSame(back, truth, [.shapes, .scores, .emptyPictures])
        #expect(back.pictures.map(\.number) == truth.pictures.map(\.number) && back.classes == truth.classes)
    }

    @Test("through every format in a row the pixels stay the same", arguments: seeds)
    func chain(seed: UInt64) throws {
        let set = LabelledSet.random(seed: seed, shapes: true)
        var current = set
        for format in [AnnotationFormat.coco, .labelme, .cvat, .labelStudio, .coco, .cvat, .labelme, .coco] {
            current = try Self.roundTrip(current, format).set
        }
        Self.expectSame(current, set, [.shapes, .scores, .provenance, .emptyPictures])
    }

    @Test("no pictures, no classes and no objects are a set too", arguments: AnnotationFormat.allCases)
    func empty(format: AnnotationFormat) throws {
        var options = AnnotationOptions()
        options.truth = LabelledSet()
        if format == .yolo {
            let folder = try ScratchFolder()
            try FileManager.default.createDirectory(
                at: folder["out/images"], withIntermediateDirectories: true)
            _ = try LabelledSet().write(.yolo, to: folder["out"])
            #expect(try LabelledSet.read(.yolo, at: folder["out"]).set == LabelledSet())
        } else {
            #expect(try Self.roundTrip(LabelledSet(), format, options).set == LabelledSet())
        }
    }
}
