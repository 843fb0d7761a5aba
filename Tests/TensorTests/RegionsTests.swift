import SpanielTestSupport
import Tensor
import Testing

/// The memory behind large tensors: blocks cut from gaps, and gaps merged again.
@Suite struct RegionsTests {
    private static let granule = Regions.granule

    private static func block(of byteCount: Int, _ regions: inout Regions) throws -> UnsafeMutableRawPointer {
        let block = regions.take(byteCount)
        return try #require(block)
    }

    @Test("blocks never overlap, begin at whole granules, and all of a region is one gap again once they are back")
    func blocks() throws {
        var generator = Generator(seed: 21)
        var regions = Regions()
        defer { regions.trim() }
        var held = 0
        var lent: [(start: UnsafeMutableRawPointer, byteCount: Int)] = []
        for _ in 0..<2000 {
            if generator.next() % 5 < 3 || lent.isEmpty {
                let byteCount = Self.granule * Int(1 + generator.next() % 300)
                var block = regions.take(byteCount)
                if block == nil {
                    held += regions.grow(for: byteCount)
                    block = regions.take(byteCount)
                }
                let start = try #require(block)
                #expect(Int(bitPattern: start) % Self.granule == 0)
                #expect(lent.allSatisfy { start + byteCount <= $0.start || $0.start + $0.byteCount <= start })
                start.storeBytes(of: 1, as: UInt8.self)
                (start + byteCount - 1).storeBytes(of: 1, as: UInt8.self)
                lent.append((start, byteCount))
            } else {
                let block = lent.remove(at: Int(generator.next() % UInt64(lent.count)))
                regions.give(block.start, block.byteCount)
            }
            #expect(regions.bytesFree == held - lent.reduce(0) { $0 + $1.byteCount })
        }
        for block in lent { regions.give(block.start, block.byteCount) }
        #expect(regions.bytesFree == held)
        // Regions may touch, so a block of a whole one is what each must hold at least.
        let whole = regions.take(32 << 20)
        #expect(whole != nil)
    }

    @Test("a block comes from the smallest gap that holds it")
    func bestFit() throws {
        var regions = Regions()
        defer { regions.trim() }
        _ = regions.grow(for: Self.granule)
        let sizes = [4, 1, 2, 1].map { $0 * Self.granule }
        let blocks = try sizes.map { try Self.block(of: $0, &regions) }
        regions.give(blocks[0], sizes[0])
        regions.give(blocks[2], sizes[2])
        #expect(try Self.block(of: 2 * Self.granule, &regions) == blocks[2])
        #expect(try Self.block(of: 3 * Self.granule, &regions) == blocks[0])
    }

    @Test("gaps that touch on either side are one")
    func merged() throws {
        var regions = Regions()
        defer { regions.trim() }
        let all = regions.grow(for: Self.granule)
        let blocks = try (0..<3).map { _ in try Self.block(of: Self.granule, &regions) }
        for i in [0, 2, 1] { regions.give(blocks[i], Self.granule) }
        #expect(try Self.block(of: all, &regions) == blocks[0])
    }

    @Test("a request larger than a region gets one of its own, and what is trimmed is gone")
    func large() throws {
        var regions = Regions()
        let size = regions.grow(for: 50 << 20)
        #expect(size == 50 << 20)
        let block = try Self.block(of: 50 << 20, &regions)
        var none = regions.take(Self.granule)
        #expect(none == nil)
        regions.give(block, 50 << 20)
        regions.trim()
        #expect(regions.bytesFree == 0)
        none = regions.take(Self.granule)
        #expect(none == nil)
    }
}
