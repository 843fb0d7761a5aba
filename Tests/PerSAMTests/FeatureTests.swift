import Foundation
import PerSAM
import SpanielTestSupport
import Tensor
import Testing

/// SAM's own embedding, handed to PerSAM as if it were another model's, on the part of its grid that the
/// picture covers: 16 × 12 cells for a picture of 4 : 3.
private struct OwnEmbedding: PerSAM.FeatureSource {
    let sam: SAM
    var identity: FeatureIdentity { .init(model: sam.identity, settings: settings) }
    var settings = "cut to the picture"
    var channels: Int { sam.configuration.imageEncoder.outputChannels }

    func features(of picture: Picture) throws -> PerSAM.FeatureGrid {
        let encoding = try sam.encode(picture)
        let (frame, cell) = (encoding.frame, sam.imageSize / encoding.embedding.shape[0])
        let columns = (frame.resized.width + cell / 2) / cell
        let rows = (frame.resized.height + cell / 2) / cell
        let kept = (0..<rows).map { encoding.embedding[leading: $0][leading: 0..<columns] }
        return PerSAM.FeatureGrid(Tensor.stack(kept))
    }
}

/// What tells the object from others may be another model's features.
@Suite struct FeatureTests {
    private func persam() throws -> PerSAM {
        let sam = try Materials.sam()
        return PerSAM(sam, features: OwnEmbedding(sam: sam))
    }

    /// The grids are the same but for the cells beside the picture; areas are summed in another order.
    @Test(
        "SAM's embedding as another model's features finds what SAM alone does", arguments: ["shelf", "lawn"])
    func sameFeatures(name: String) throws {
        let (own, other) = (PerSAM(try Materials.sam()), try persam())
        let (plain, boot) = (try own.learn([Materials.boot()]), try other.learn([Materials.boot()]))
        #expect(boot.prompting == plain.prompting)
        expectClose(try #require(boot.target), plain.features[0], "the target")
        let picture = try Materials.scene(name)
        let expected = try own.find(plain, in: own.encode(picture))
        let found = try other.find(boot, in: other.encode(picture))
        #expect(!expected.isEmpty && found.count == expected.count)
        #expect(found.candidates.map(\.point) == expected.candidates.map(\.point))
        for (object, truth) in zip(found, expected) {
            #expect(object.mask.iou(truth.mask) > 0.999)
            #expect(abs(object.score - truth.score) < 1e-3)
        }
        let (map, whole) = (found.similarity[0], expected.similarity[0])
        #expect(map.extent == Box(x1: 0, y1: 0, x2: 1, y2: 1))
        for row in 0..<map.rows {
            for column in 0..<map.columns {
                let a = map.values[row * map.columns + column]
                let b = whole.values[row * whole.columns + column]
                #expect(abs(a - b) < 1e-5)
            }
        }
    }

    @Test("guided attention reads a map of another grid at the middles of SAM's cells")
    func resampledMap() throws {
        let frame = SAM.Frame(
            original: Size(width: 80, height: 60), resized: Size(width: 64, height: 48), side: 64)
        // Similarity rises to the right by the position in SAM's input, so that between cells it is known.
        let (rows, columns) = (3, 5)
        let cells = Cells(
            PerSAM.FeatureGrid(Tensor([Float](repeating: 1, count: 15), [rows, columns, 1])), frame)
        let values: [Float] = (0..<15).map { i in Float(i % columns) + 0.5 }
        let map = cells.resampled(values, toSAM: 8)
        for (i, value) in map.enumerated() {
            let x: Float = (Float(i % 8) + 0.5) * 8
            let y = i / 8
            // 6 of SAM's 8 rows are in the picture.
            guard y < 6 else {
                #expect(value == nil)
                continue
            }
            let expected: Float = max(0.5, min(4.5, x / 64 * 5))
            let difference = abs((value ?? 0) - expected)
            #expect(difference < 1e-5)
        }
    }

    @Test(
        "a mask over all of the picture covers every cell of any grid",
        arguments: [(3, 5), (28, 37), (61, 90)])
    func wholeCoverage(rows: Int, columns: Int) {
        let frame = SAM.Frame(
            original: Size(width: 640, height: 481), resized: Size(width: 256, height: 192), side: 256)
        let values = Tensor([Float](repeating: 1, count: rows * columns), [rows, columns, 1])
        let cells = Cells(PerSAM.FeatureGrid(values), frame)
        let all = MaskCoverage(cells, side: 64)(Tensor([Float](repeating: 1, count: 64 * 64), [64, 64]))
        #expect(all.count == rows * columns)
        #expect(all.allSatisfy { abs($0 - 1) < 1e-5 })
        // The left half of the picture.
        let half: [Float] = (0..<64 * 64).map { i in i % 64 < 32 ? 1 : 0 }
        let left = MaskCoverage(cells, side: 64)(Tensor(half, [64, 64]))
        let share = left.reduce(0, +) / Float(rows * columns)
        #expect(abs(share - 0.5) < 1e-5)
        let border = Float(columns) / 2
        for i in left.indices {
            let covered: Float = max(0, min(1, border - Float(i % columns)))
            #expect(abs(left[i] - covered) < 1e-4)
        }
    }

    @Test("a saved concept names both models and finds the same")
    func roundTrip() throws {
        let persam = try persam()
        let folder = try ScratchFolder()
        let concept = try persam.learn([Materials.boot()])
        try concept.save(to: folder["boot.concept"])
        let read = try PerSAM.Concept(contentsOf: folder["boot.concept"])
        #expect(read.featureIdentity == persam.features?.identity && read.model == persam.sam.identity)
        let scene = try persam.encode(Materials.scene("shelf"))
        #expect(try persam.find(read, in: scene).map(\.score) == persam.find(concept, in: scene).map(\.score))
    }

    @Test("a concept of other features is refused, and so is a picture without them")
    func otherFeatures() throws {
        let sam = try Materials.sam()
        let (own, other) = (PerSAM(sam), try persam())
        let (plain, boot) = (try Materials.learntBoot(), try other.learn([Materials.boot()]))
        let scene = try other.encode(Materials.scene("shelf"))
        let identity = other.features?.identity
        #expect(throws: PerSAMError.conceptFeatures(concept: "boot", learntWith: nil, features: identity)) {
            try other.find(plain, in: scene)
        }
        #expect(throws: PerSAMError.conceptFeatures(concept: "boot", learntWith: identity, features: nil)) {
            try own.find(boot, in: scene)
        }
        // What a picture has beside SAM's encoding is not needed for SAM's own features.
        let found = try own.find(plain, in: scene)
        #expect(try found.map(\.score) == own.find(plain, in: scene.masks).map(\.score))
        let finer = PerSAM(sam, features: OwnEmbedding(sam: sam, settings: "finer"))
        #expect(throws: PerSAMError.self) { try finer.find(boot, in: scene) }
        #expect(throws: PerSAMError.featuresMissing(features: sam.identity.name)) {
            try other.find(boot, in: scene.masks)
        }
        #expect(throws: PerSAMError.originalFeatures(features: sam.identity.name)) {
            try other.learn([Materials.boot()], options: .init(faithful: true))
        }
    }

    @Test("a concept file of the first version is read, its features being SAM's")
    func earlierVersion() throws {
        let folder = try ScratchFolder()
        try Materials.learntBoot().save(to: folder["new.concept"])
        let file = try Safetensors(contentsOf: folder["new.concept"])
        var metadata = file.metadata
        metadata["format"] = "spaniel-concept-1"
        try Safetensors.write(
            file.entries.map { ($0.name, try file.tensor($0)) }, metadata: metadata, to: folder["old.concept"]
        )
        let old = try PerSAM.Concept(contentsOf: folder["old.concept"])
        #expect(old.featureIdentity == nil)
        let persam = PerSAM(try Materials.sam())
        #expect(try persam.find(old, in: Materials.encoding("shelf")).count >= 2)
    }
}
