import Foundation
import SAM
import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing

struct AutomaticMaskTests {
    /// Runs the generator on the answers stored with the golden.
    private func run(_ name: String) throws -> (found: [SAM.AutomaticMask], expected: [JSON], size: Size) {
        let folder = SAMGolden.goldens.appending(path: "SAM/everything")
        let json = try JSON(parsing: Data(contentsOf: folder.appending(path: "found.json")))
        let size = Size(width: try #require(json["width"]?.int), height: try #require(json["height"]?.int))
        let side = try #require(json["side"]?.int)
        let run = try #require(json["runs"]?[name])
        let steps = SAMGolden.Steps(
            file: try Safetensors(contentsOf: folder.appending(path: "\(name).safetensors")))

        var generator = SAM.AutomaticMaskGenerator(try SAMGolden.all[0].model())
        let settings = try #require(run["settings"])
        generator.options.pointsPerSide = settings["points"]?.int ?? 32
        generator.options.predictedIoU = Float(settings["iou"]?.double ?? 0.88)
        generator.options.stability = Float(settings["stability"]?.double ?? 0.95)
        generator.options.stabilityOffset = Float(settings["offset"]?.double ?? 1)
        generator.options.boxOverlap = settings["box_nms"]?.double ?? 0.7
        generator.options.cropLayers = settings["layers"]?.int ?? 0
        generator.options.cropPointReduction = settings["downscale"]?.int ?? 1
        generator.options.minimumRegionArea = settings["min_area"]?.int ?? 0

        let found = try generator.masks(in: size) { crop in
            let key = "\(crop.x.lowerBound)x\(crop.y.lowerBound)x\(crop.x.upperBound)x\(crop.y.upperBound)"
            let (logits, scores) = (try steps["\(key).logits"], try steps["\(key).scores"])
            let stored = try steps["\(key).points"]
            let resized = SAM.Frame(original: crop.size, longest: side, side: side)
            var next = 0
            return { points in
                points.map { point in
                    defer { next += 1 }
                    #expect(
                        abs(point.x - Double(stored[next, 0])) < 1e-4
                            && abs(point.y - Double(stored[next, 1])) < 1e-4)
                    return (0..<scores.shape[1]).map {
                        SAM.Prediction(
                            score: scores[next, $0], logits: logits[leading: next][leading: $0],
                            frame: resized)
                    }
                }
            }
        }
        let expected = try #require(run["found"]?.array)
        return (found, expected, size)
    }

    @Test(
        "of the same answers the same masks are kept in the same order as by segment-anything",
        arguments: ["default", "loose", "crops", "regions"])
    func golden(name: String) throws {
        let (found, expected, size) = try run(name)
        #expect(found.count == expected.count && !found.isEmpty)
        for (mask, record) in zip(found, expected) {
            let counts = try #require(record["counts"]?.string)
            let truth = try Mask(RLE(compressed: counts, size: size))
            // Logits are interpolated in another order of rounding: a pixel on the threshold may fall to
            // either side.
            #expect(
                mask.mask.intersectionArea(with: truth.inverted)
                    + truth.intersectionArea(with: mask.mask.inverted) <= 1)
            #expect(mask.predictedIoU == Float(record["iou"]?.double ?? .nan))
            #expect(abs(Double(mask.stability) - (record["stability"]?.double ?? .nan)) < 0.005)
            #expect(
                record["crop"]?.array?.map(\.double) == [
                    mask.crop.x1, mask.crop.y1, mask.crop.x2, mask.crop.y2,
                ])
            let point = try #require(record["point"]?.array?.map { $0.double ?? .nan })
            #expect(abs(point[0] - mask.point.x) < 1e-9 && abs(point[1] - mask.point.y) < 1e-9)
        }
    }

    @Test("points between two checks for cancellation change no result, nor does an encoding made before")
    func batches() throws {
        let (sam, steps) = (try SAMGolden.all[0].model(), try SAMGolden.all[0].steps())
        let picture = try steps.picture(0)
        var generator = SAM.AutomaticMaskGenerator(sam)
        generator.options.pointsPerSide = 5
        generator.options.predictedIoU = -10
        generator.options.stability = 0.01
        generator.options.stabilityOffset = 0.05
        generator.options.boxOverlap = 0.95
        let expected = try generator.masks(in: picture)
        #expect(!expected.isEmpty)
        generator.options.pointsPerBatch = 3
        for found in [try generator.masks(in: picture), try generator.masks(in: try sam.encode(picture))] {
            #expect(
                found.map(\.mask) == expected.map(\.mask)
                    && found.map(\.predictedIoU) == expected.map(\.predictedIoU))
        }
    }

    @Test("a mask's stability in one pass is the ratio of two areas")
    func stability() {
        var generator = Generator(seed: 4)
        let frame = SAM.Frame(original: Size(width: 90, height: 33), longest: 32, side: 32)
        for _ in 0..<20 {
            let prediction = SAM.Prediction(
                score: 0, logits: generator.tensor([8, 8], in: -4...2), frame: frame)
            let (mask, stability) = prediction.stableMask(offset: 0.5)
            #expect(mask == prediction.mask())
            #expect(
                stability == Float(prediction.mask(threshold: 0.5).area)
                    / Float(prediction.mask(threshold: -0.5).area))
        }
        let empty = SAM.Prediction(score: 0, logits: Tensor(repeating: -9, [8, 8]), frame: frame).stableMask(
            offset: 1)
        #expect(empty.mask.isEmpty && empty.stability.isNaN)
    }

    @Test("crops of a picture of one pixel are the picture alone")
    func tinyPicture() {
        let crops = SAM.Crop.all(of: Size(width: 1, height: 1), layers: 2, overlap: 512 / 1500)
        #expect(crops.allSatisfy { $0.x == 0..<1 && $0.y == 0..<1 } && !crops.isEmpty)
    }

    @Test("suppression keeps boxes without area, and of equal scores the first")
    func suppression() {
        let line = InclusiveBox(left: 3, top: 0, right: 3, bottom: 9)
        let square = InclusiveBox(left: 0, top: 0, right: 9, bottom: 9)
        #expect(
            nonMaximumSuppression([line, line, square, square], scores: [1, 1, 0.5, 0.5], threshold: 0.7) == [
                0, 1, 2,
            ])
    }
}
