import SpanielImaging
import SpanielStudio
import SpanielTestSupport
import Testing

/// What decisions tell of scores.
struct EstimateTests {
    @Test func `The fitted threshold lies between what was rejected and what was accepted`() throws {
        let estimates = Estimates(accepted: [0.9, 0.8, 0.7, 0.6], rejected: [0.5, 0.3])
        #expect(try #require(estimates.bestThreshold) > 0.5 && estimates.bestThreshold! < 0.6)
    }

    @Test func `The fitted threshold has the best F1 of all thresholds`() throws {
        for seed in 1...50 {
            var random = Generator(seed: UInt64(seed))
            let right = (0..<Int.random(in: 3..<20, using: &random)).map { _ in
                Double.random(in: 0.2...1, using: &random)
            }
            let wrong = (0..<Int.random(in: 1..<20, using: &random)).map { _ in
                Double.random(in: 0...0.8, using: &random)
            }
            let estimates = Estimates(accepted: right, rejected: wrong)
            func quality(_ cut: Double) -> Double {
                let hits = Double(right.count { $0 > cut })
                return 2 * hits / (hits + Double(wrong.count { $0 > cut }) + Double(right.count))
            }
            let best = try #require(estimates.bestThreshold)
            for cut in stride(from: 0, through: 1, by: 0.001) {
                #expect(quality(best) >= quality(cut) - 1e-9)
            }
        }
    }

    @Test func `Too few decisions fit nothing`() {
        #expect(Estimates(accepted: [0.9, 0.8], rejected: [0.1]).bestThreshold == nil)
        #expect(Estimates(accepted: [0.9, 0.8, 0.7], rejected: []).bestThreshold == nil)
        #expect(Estimates().precision(from: 0.5, open: [0.6]) == nil)
    }

    @Test func `The estimate of precision holds for calibrated scores`() throws {
        // A score is the probability of being right; half of the suggestions are decided.
        var (inside, all) = (0, 0)
        for seed in 1...60 {
            var random = Generator(seed: UInt64(seed))
            let rows = (0..<400).map { _ in Double.random(in: 0...1, using: &random) }.map {
                (score: $0, isRight: Double.random(in: 0...1, using: &random) < $0)
            }
            let decided = rows.prefix(80)
            let estimates = Estimates(
                accepted: decided.filter(\.isRight).map(\.score),
                rejected: decided.filter { !$0.isRight }.map(\.score))
            let open = rows.dropFirst(80)
            let estimate = try #require(estimates.precision(from: 0.5, open: open.map(\.score)))
            let above = rows.filter { $0.score >= 0.5 }
            let truth = Double(above.count(where: \.isRight)) / Double(above.count)
            #expect(abs(estimate.value - truth) < 0.15)
            all += 1
            inside += (estimate.low...estimate.high).contains(truth) ? 1 : 0
        }
        #expect(Double(inside) / Double(all) > 0.85, "\(inside) of \(all)")
    }

    @Test func `What is decided altogether is known and not estimated`() throws {
        let estimates = Estimates(accepted: [0.9, 0.8, 0.7], rejected: [0.75])
        let estimate = try #require(estimates.precision(from: 0.5, open: [0.3]))
        #expect(estimate.value == 0.75 && estimate.low == 0.75 && estimate.high == 0.75)
    }
}

/// Near-duplicates.
struct LookTests {
    static func scene(_ seed: UInt64, width: Int = 96, height: Int = 64) -> Picture {
        var random = Generator(seed: seed)
        let blobs = (0..<12).map { _ in
            (
                x: Double.random(in: 0...1, using: &random), y: Double.random(in: 0...1, using: &random),
                strength: Double.random(in: -120...120, using: &random)
            )
        }
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                var value = 128.0
                for blob in blobs {
                    let dx = Double(x) / Double(width) - blob.x
                    let dy = Double(y) / Double(height) - blob.y
                    value += blob.strength * max(0, 1 - 12 * (dx * dx + dy * dy))
                }
                let byte = UInt8(min(255, max(0, value)))
                pixels += [byte, byte, byte]
            }
        }
        return Picture(rgb: pixels, width: width, height: height)
    }

    @Test func `A picture scaled, brightened and compressed anew looks the same, and others do not`() throws {
        for seed in 1...40 as ClosedRange<UInt64> {
            let picture = Self.scene(seed)
            let hash = try #require(Look.hash(of: picture))
            let bright = Picture(
                rgb: picture.pixels.map { UInt8(min(255, Int($0) + 12)) }, width: picture.width,
                height: picture.height)
            let small = picture.resized(to: Size(width: 60, height: 40))
            let jpeg = try Picture(decoding: picture.jpegData(quality: 50))
            for other in [bright, small, jpeg] {
                let difference = (hash ^ (Look.hash(of: other) ?? 0)).nonzeroBitCount
                #expect(difference <= Look.mostDifferent, "\(difference) bits, scene \(seed)")
            }
            let other = try #require(Look.hash(of: Self.scene(seed + 1000)))
            #expect((hash ^ other).nonzeroBitCount > Look.mostDifferent)
        }
    }

    @Test func `Groups hold those that look alike and have one shape`() {
        let size = Size(width: 100, height: 50)
        let groups = Look.groups([
            (1, 0xFF00, size), (2, 0xFF01, size), (3, 0x0000_00FF, size),
            (4, 0xFF00, Size(width: 50, height: 100)),
            (5, 0xFF03, Size(width: 200, height: 100)),
        ])
        #expect(groups == [1: 1, 2: 1, 5: 1])
        let flat = Picture(rgb: [UInt8](repeating: 7, count: 300), width: 10, height: 10)
        #expect(Look.hash(of: flat) == nil)
    }
}
