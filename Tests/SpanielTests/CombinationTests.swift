import Foundation
import Spaniel
import Tensor
import Testing

@Suite("Models together")
struct CombinationTests {
    private let picture: Picture

    init() throws { picture = try Picture(contentsOf: Materials.example("shelf.jpg")) }

    @Test("each detection keeps its box and gets the mask SAM sees in it")
    func masking() throws {
        let detector = MaskingDetector(
            try OWLViT(contentsOf: Materials.golden("OWLViT/v1"), precision: .float32), try Materials.sam())
        let concept = try detector.detector.concept("x", texts: detector.detector.embed(["ab"]))
        let options = OWLViT.DetectOptions(threshold: 0, maximumObjects: 4)
        let scene = try detector.encode(picture)
        let found = try detector.detect([concept], in: scene, options: options)
        let boxes = try detector.detector.detect([concept], in: scene.boxes, options: options)
        #expect(!found.isEmpty && found.map(\.detection) == Array(boxes))
        for object in found {
            guard let mask = object.mask else { continue }
            #expect(mask.size == picture.size)
            #expect(!mask.isEmpty && object.predictedIoU != nil)
        }
        #expect(found.contains { $0.mask != nil })
    }

    @Test("a box gives the object in it; one that leaves the picture is cut, one outside gives nothing")
    func boxes() throws {
        let sam = try Materials.sam()
        let scene = try Materials.encodedShelf()
        let boot = Box(x1: 50, y1: 85, x2: 204, y2: 214)
        let mask = try #require(try sam.mask(inBox: boot, in: scene)).mask
        #expect(try #require(mask.box).iou(boot) > 0.6)
        #expect(try sam.mask(inBox: Box(x1: -40, y1: 85, x2: 204, y2: 214), in: scene) != nil)
        #expect(try sam.mask(inBox: Box(x1: 900, y1: 85, x2: 999, y2: 214), in: scene) == nil)
        #expect(try sam.mask(inBox: Box(x1: 60, y1: 85, x2: 60, y2: 214), in: scene) == nil)
        #expect(try sam.mask(inBox: Box(x1: .nan, y1: 85, x2: 60, y2: 214), in: scene) == nil)
    }

    @Test("refined segments keep class and score and share no pixel")
    func refining() throws {
        let segmenter = RefiningSegmenter(
            try CLIPSeg(contentsOf: Materials.golden("CLIPSeg/plain"), precision: .float32),
            try Materials.sam())
        let clipseg = segmenter.clipseg
        let concepts = try ["ab", "cd"].map { try clipseg.concept($0, clipseg.embed([$0])) }
        var options = CLIPSeg.SegmentOptions()
        options.threshold = 0.4
        options.maximumObjects = 6
        let scene = try segmenter.encode(picture)
        let rough = try clipseg.segment(concepts, in: scene.segments, options: options)
        let refined = try segmenter.segment(concepts, in: scene, options: options)
        #expect(refined.count <= rough.count)
        var taken = Mask(size: picture.size)
        for object in refined {
            #expect(
                rough.contains {
                    $0.className == object.segment.className && $0.score == object.segment.score
                        && $0.mask == object.rough
                })
            #expect(
                object.segment.mask.box == object.segment.box
                    && object.segment.mask.area == object.segment.area)
            #expect(object.segment.mask.intersectionArea(with: taken) == 0)
            taken.formUnion(object.segment.mask)
        }
    }

    @Test("a negative takes pixels and is not in the results; with the class's own words it takes them all")
    func negatives() throws {
        let clipseg = try CLIPSeg(contentsOf: Materials.golden("CLIPSeg/plain"), precision: .float32)
        let scene = try clipseg.encode(picture)
        let concept = try clipseg.concept("x", clipseg.embed(["ab"]), threshold: 0.1)
        let alone = try clipseg.segment([concept], against: [], in: scene)
        #expect(!alone.isEmpty)
        var rival = try clipseg.concept("x", clipseg.embed(["ab"]), threshold: 0.01)
        let against = try clipseg.segment([concept], against: [rival], in: scene)
        #expect(against.isEmpty && against.peaks.count == 1 && against.peaks[0].score == alone.peaks[0].score)
        rival.threshold = 1
        #expect(try clipseg.segment([concept], against: [rival], in: scene).map(\.mask) == alone.map(\.mask))
    }

    @Test("objects are told by words; without words for a class they are kept")
    func semanticCheck() throws {
        let clip = try CLIP(contentsOf: Materials.golden("CLIP/tiny"), precision: .float32)
        let persam = PerSAM(try Materials.sam())
        let (boot, mask) = try Materials.boot()
        let findings = try persam.find(
            persam.learn([Example(boot, mask: mask, class: "boot")]), in: Materials.encodedShelf())
        try #require(!findings.isEmpty)
        var check = try SemanticCheck(
            clip, texts: ["boot": ["ab", "cd"]], alternatives: ["ef", "gh"], threshold: 0)
        let all = try check.check(findings, in: picture)
        #expect(all.accepted.count == findings.count && all.rejected.isEmpty && all.stop == findings.stop)
        let scores = try all.accepted.map { try #require($0.textScore) }
        check.threshold = Float(1).nextUp
        #expect(try check.check(findings, in: picture).rejected.map(\.textScore) == scores)
        #expect(try check.score("mug", box: findings[0].box, in: picture) == nil)
        // The words against themselves fit neither better nor worse.
        let even = try SemanticCheck(clip, texts: ["boot": ["ab"]], alternatives: ["ab"])
        #expect(try even.score("boot", box: findings[0].box, in: picture) == 0.5)
    }

    @Test("a class of several texts is their mean, and classes share 1")
    func textClassifier() throws {
        let clip = try CLIP(contentsOf: Materials.golden("CLIP/tiny"), precision: .float32)
        let scene = try clip.encode(picture)
        let answers = try TextClassifier(clip, classes: [("a", ["ab"]), ("c", ["cd", "ef"]), ("g", ["gh"])])
            .classify(scene)
        #expect(Set(answers.map(\.className)) == ["a", "c", "g"])
        #expect(abs(answers.map(\.score).reduce(0, +) - 1) < 1e-5)
        #expect(answers.map(\.score) == answers.map(\.score).sorted(by: >))
        let twice = try TextClassifier(
            clip, classes: [("a", ["ab", "ab"]), ("c", ["cd", "ef"]), ("g", ["gh"])]
        ).classify(scene)
        for (one, other) in zip(answers, twice) {
            #expect(one.className == other.className && abs(one.score - other.score) < 1e-5)
        }
    }

    @Test("from a task, each combination does the same away from the caller")
    func asynchronous() async throws {
        let segmenter = RefiningSegmenter(
            try CLIPSeg(contentsOf: Materials.golden("CLIPSeg/plain"), precision: .float32),
            try Materials.sam())
        let clipseg = segmenter.clipseg
        let concept = try clipseg.concept("ab", clipseg.embed(["ab"]), threshold: 0.45)
        let scene = try segmenter.encode(picture)
        let found = try segmenter.segment([concept], in: scene)
        let now: () throws -> [RefinedSegment] = { try segmenter.segment([concept], in: scene) }
        #expect(try found.map(\.segment.mask) == now().map(\.segment.mask))
    }
}
