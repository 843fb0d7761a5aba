import Foundation
import Spaniel
import Tensor
import Testing

/// DINOv2's features for PerSAM.
@Suite struct DINOv2FeatureTests {
    private func dino(_ name: String) throws -> DINOv2 {
        try DINOv2(contentsOf: Materials.golden("DINOv2/\(name)"), precision: .float32)
    }

    @Test("the cosine over several layers is the mean of each layer's", arguments: ["plain", "registers"])
    func layers(name: String) throws {
        let dino = try dino(name)
        let picture = try Picture(contentsOf: Materials.example("shelf.jpg"))
        func cosine(_ layers: [Int]) throws -> Float {
            let source = try DINOv2Features(
                dino, layers: layers, longestSide: 140, keepsPositions: layers.count == 3)
            let grid = try source.features(of: picture).values
            #expect(grid.shape[2] == source.channels && source.channels == layers.count * dino.channels)
            // Patches of 4 pixels; 640 × 480 becomes 140 × 105.
            #expect(grid.shape[1] == 35 && grid.shape[0] == 26)
            let a = grid[leading: 1][leading: 2].l2Normalized()
            return a.dot(grid[leading: 3][leading: 4].l2Normalized())
        }
        let apart = try (cosine([1]), cosine([2]))
        #expect(abs(try cosine([1, 2]) - (apart.0 + apart.1) / 2) < 1e-5)
    }

    @Test("the directions that noise spans are found, and nothing of them is left in features")
    func positions() throws {
        // Three strong directions of sixty-four, and a little of all.
        var random = SplitMix(seed: 3)
        func row() -> [Float] { (0..<64).map { _ in Float(random.next(in: -1...1)) } }
        let strong = (0..<3).map { _ in row() }
        let features = (0..<300).flatMap { _ -> [Float] in
            let weights = (0..<3).map { _ in Float(random.next(in: -3...3)) }
            return row().enumerated().map { c, noise in
                0.01 * noise + (0..<3).reduce(0) { $0 + weights[$1] * strong[$1][c] }
            }
        }
        let subspace = PositionalSubspace(of: Tensor(features, [300, 64]))
        let basis = subspace.basis
        let products = matmul(basis, basis, transposed: true)
        for i in 0..<basis.shape[0] {
            for j in 0..<basis.shape[0] { #expect(abs(products[i, j] - (i == j ? 1 : 0)) < 1e-5) }
        }
        let left = subspace.removed(from: Tensor(strong.flatMap(\.self), [3, 64]))
        #expect(left.array.allSatisfy { abs($0) < 1e-3 })
        let dino = try dino("plain")
        let picture = try Picture(contentsOf: Materials.example("shelf.jpg"))
        let (kept, removed) = try (
            DINOv2Features(dino, longestSide: 56, keepsPositions: true).features(of: picture).values,
            DINOv2Features(dino, longestSide: 56).features(of: picture).values
        )
        #expect(kept.shape == removed.shape && kept.array != removed.array)
    }

    @Test("layers and size are part of what the features are, and must be the model's")
    func identity() throws {
        let dino = try dino("plain")
        let last = try DINOv2Features(dino)
        #expect(last.layers == [dino.layerCount] && last.longestSide == 518)
        #expect(last.identity.settings == "layer \(dino.layerCount), 518 pixels, positions removed")
        #expect(
            try DINOv2Features(dino, layers: [1, 2]).identity.settings
                == "layers 1+2, 518 pixels, positions removed")
        #expect(last.identity.model == dino.identity)
        #expect(throws: DINOv2Error.self) { try DINOv2Features(dino, layers: [99]) }
        #expect(throws: DINOv2Error.self) { try DINOv2Features(dino, longestSide: 3) }
    }

    @Test("PerSAM finds by DINOv2's features, random ones too, and masks are SAM's")
    func find() throws {
        let features = try DINOv2Features(dino("registers"), layers: [1], longestSide: 112)
        let persam = try PerSAM(Materials.sam(), features: features)
        let (picture, mask) = try Materials.boot()
        let concept = try persam.learn([Example(picture, mask: mask, class: "boot")])
        let findings = try persam.find(
            concept, in: persam.encode(picture), options: PerSAM.FindOptions(single: true))
        let object = try #require(findings.first)
        #expect(object.mask.size == picture.size && (0...1).contains(object.score))
        let map = try #require(findings.similarity.first)
        let grid = try features.features(of: picture).values
        #expect(map.rows == grid.shape[0] && map.columns == grid.shape[1])
    }

    @Test("detect's score by examples is the root of both models' opinions, and the lower one decides")
    func evidence() throws {
        let owl = try OWLViT(contentsOf: Materials.golden("OWLViT/v1"), precision: .float32)
        let detector = EvidenceDetector(owl, try DINOv2Features(dino("plain"), longestSide: 56))
        let (picture, mask) = try Materials.boot()
        let box = try #require(mask.box)
        let boot = try detector.learn([Example(picture, box: box, class: "boot")])
        let shelf = try Picture(contentsOf: Materials.example("shelf.jpg"))
        let encoding = try owl.encode(shelf)
        let all = OWLViT.DetectOptions(threshold: 0)
        let alone = try owl.detect(boot, in: encoding, options: all)
        let found = try detector.detect([boot], in: shelf, encoding, options: all)
        #expect(!found.isEmpty)
        for object in found {
            let own = try #require(alone.first { $0.box == object.box }).score
            let likeness = try #require(object.features)
            #expect(abs(object.score - (own * likeness).squareRoot()) < 1e-6)
            #expect(object.isDecidedByFeatures == (likeness < own))
        }
        let scores = found.map(\.score)
        #expect(scores == scores.sorted(by: >))
        // The example's own box is the example.
        let looks = try detector.features.looks(at: [(box, .upright)], in: picture)
        let own = try #require(boot.evidence?.likeness(looks[0].l2Normalized()))
        #expect(own > 0.999)
        #expect(try detector.detect([boot], in: shelf, encoding, options: .init(threshold: 1)).isEmpty)
        #expect(
            try detector.detect([boot], in: shelf, encoding, options: .init(threshold: 1)).best["boot"] != nil
        )
    }
}
