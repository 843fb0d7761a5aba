import CLIPSeg
import Foundation
import SpanielTestSupport
import Tensor
import Testing

struct SegmentTests {
    @Test("probabilities at the picture's size are PyTorch's", arguments: CLIPSegGolden.all)
    func scores(golden: CLIPSegGolden) throws {
        let steps = try golden.steps()
        let (logits, expected) = (try steps["logits.texts"], try steps["scores.texts"])
        for i in 0..<logits.shape[0] {
            let map = CLIPSeg.ScoreMap(logits: logits[leading: i], size: Size(width: 61, height: 43))
            // PyTorch's sigmoid and ours differ in the last bits.
            expectClose(
                Tensor(map.probabilities, [43, 61]), expected[leading: i], "scores \(i)", tolerance: 1e-6)
        }
    }

    @Test(
        "bands of rows are the whole enlarged map, larger or smaller than the logits",
        arguments: [(3, 2), (61, 300), (2000, 130)])
    func bands(width: Int, height: Int) throws {
        var generator = Generator(seed: 3)
        let logits = generator.tensor([28, 28], in: -4...4)
        let map = CLIPSeg.ScoreMap(logits: logits, size: Size(width: width, height: height))
        let whole = logits.interpolatedBilinear(height: height, width: width).sigmoid().array
        #expect(map.probabilities == whole)
        #expect(map.peak.score == whole.max())
        let place = Int(map.peak.point.y) * width + Int(map.peak.point.x)
        #expect(whole[place] == map.peak.score)
        #expect(map.probabilities16 == whole.map { UInt16(($0 * 65535).rounded()) })
        #expect(
            map.mask(threshold: 0.4) == Mask(width: width, height: height) { whole[$1 * width + $0] >= 0.4 })
    }

    /// Logits that are high in some boxes of a 40 × 40 map.
    private func map(_ boxes: [(box: Box, logit: Float)], size: Size = Size(width: 80, height: 120))
        -> CLIPSeg.ScoreMap
    {
        var values = [Float](repeating: -6, count: 1600)
        for (box, logit) in boxes {
            for y in Int(box.y1)..<Int(box.y2) {
                for x in Int(box.x1)..<Int(box.x2) { values[40 * y + x] = logit }
            }
        }
        return CLIPSeg.ScoreMap(logits: Tensor(values, [40, 40]), size: size)
    }

    private func box(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> Box {
        Box(x1: x1, y1: y1, x2: x2, y2: y2)
    }

    @Test("regions that do not touch are segments of their own, the most probable first")
    func instances() throws {
        let maps = [map([(box(2, 2, 12, 12), 1), (box(25, 20, 35, 38), 4)])]
        let found = CLIPSeg.segments(maps, ["mug"], thresholds: [0.5], options: .init())
        #expect(found.count == 2 && found[0].score > found[1].score)
        // Half way down from 1 to -6 a region ends almost half a cell before its last cell does.
        #expect(found[0].box.iou(box(50, 60, 70, 114)) > 0.9 && found[1].box.iou(box(4, 6, 24, 36)) > 0.75)
        for segment in found {
            #expect(segment.area == segment.mask.area && segment.mask.box == segment.box)
            let inside = maps[0].probabilities.indices.filter { segment.mask[$0 % 80, $0 / 80] }.map {
                maps[0].probabilities[$0]
            }
            #expect(abs(segment.score - inside.reduce(0, +) / Float(inside.count)) < 1e-5)
        }
        var options = CLIPSeg.SegmentOptions()
        options.instances = false
        let whole = CLIPSeg.segments(maps, ["mug"], thresholds: [0.5], options: options)
        #expect(
            whole.count == 1 && whole[0].mask == found[0].mask.union(found[1].mask)
                && whole[0].mask.box == whole[0].box)
    }

    @Test("small regions are dropped, and no more segments are given than asked for")
    func limits() throws {
        let maps = [map([(box(2, 2, 3, 3), 5), (box(10, 10, 20, 20), 2), (box(30, 30, 36, 36), 3)])]
        var options = CLIPSeg.SegmentOptions()
        options.minimumArea = 20
        #expect(CLIPSeg.segments(maps, ["a"], thresholds: [0.5], options: options).count == 2)
        options.minimumArea = 1
        let all = CLIPSeg.segments(maps, ["a"], thresholds: [0.5], options: options)
        #expect(all.count == 3)
        options.maximumObjects = 1
        let one = CLIPSeg.segments(maps, ["a"], thresholds: [0.5], options: options)
        #expect(one.count == 1 && one[0].mask == all[0].mask)
        options.maximumObjects = 0
        #expect(CLIPSeg.segments(maps, ["a"], thresholds: [0.5], options: options).isEmpty)
    }

    @Test("a pixel belongs to one class: the one that exceeds its own threshold most")
    func classes() throws {
        // Both claim the middle; the second is less probable there, and still farther above its threshold.
        let maps = [map([(box(5, 10, 25, 30), 1)]), map([(box(15, 10, 35, 30), 0.5)])]
        let even = CLIPSeg.segments(maps, ["a", "b"], thresholds: [0.5, 0.5], options: .init())
        let middle = (x: 40, y: 60)
        #expect(even.first { $0.mask[middle.x, middle.y] }?.className == "a")
        let uneven = CLIPSeg.segments(maps, ["a", "b"], thresholds: [0.7, 0.1], options: .init())
        #expect(uneven.first { $0.mask[middle.x, middle.y] }?.className == "b")
        for found in [even, uneven] {
            #expect(found.count == 2 && found[0].mask.intersectionArea(with: found[1].mask) == 0)
        }
        let alone = CLIPSeg.segments([maps[0]], ["a"], thresholds: [0.5], options: .init())
        #expect(even.first { $0.className == "a" }?.mask == alone[0].mask)
    }

    @Test("a class that is nowhere says how near it came")
    func nothing() throws {
        let maps = [map([(box(20, 20, 30, 30), -1)]), map([(box(5, 5, 15, 15), 3)])]
        let found = CLIPSeg.segments(maps, ["absent", "there"], thresholds: [0.5, 0.5], options: .init())
        #expect(found.count == 1 && found[0].className == "there")
        #expect(
            found.peaks.map(\.className) == ["absent", "there"]
                && found.peaks.map(\.isFound) == [false, true])
        #expect(abs(found.peaks[0].score - 0.2689) < 1e-3 && found.peaks[0].threshold == 0.5)
        #expect(found.peaks[0].point.x > 40 && found.peaks[0].point.x < 60 && found.peaks[0].point.y > 60)
    }

    @Test("broken weights, whose answers are no numbers, find nothing")
    func notANumber() throws {
        let size = Size(width: 30, height: 20)
        let broken = CLIPSeg.ScoreMap(logits: Tensor(repeating: .nan, [8, 8]), size: size)
        let picture = Picture(rgb: [UInt8](repeating: 7, count: 1800), width: 30, height: 20)
        for map in [broken, try broken.refined(by: picture)] {
            let found = CLIPSeg.segments([map, map], ["a", "b"], thresholds: [0.1, 0.1], options: .init())
            #expect(found.isEmpty && found.peaks.map(\.score) == [0, 0] && map.peak.score == 0)
            #expect(map.probabilities16.allSatisfy { $0 == 0 } && map.mask(threshold: 0.1).isEmpty)
        }
    }

    @Test("several names of a class count as the most probable of them")
    func names() throws {
        let (clipseg, steps) = (try CLIPSegGolden.plain.model(), try CLIPSegGolden.plain.steps())
        let encoding = try clipseg.encode(try steps.picture(0))
        let prompts = try steps.prompts("conditional.texts")
        let both = try clipseg.scores(for: [clipseg.concept("cat", [prompts[0], prompts[1]])], in: encoding)[
            0]
        let each = try prompts.prefix(2).map { try clipseg.scores(for: $0, in: encoding) }
        #expect(both.logits.array == zip(each[0].logits.array, each[1].logits.array).map(max))
        #expect(throws: CLIPSegError.nothingAsked) { try clipseg.segment([], in: encoding) }
        var options = CLIPSeg.SegmentOptions()
        options.threshold = -1
        #expect(throws: CLIPSegError.threshold(-1)) {
            try clipseg.segment([clipseg.concept("cat", prompts)], in: encoding, options: options)
        }
    }
}
