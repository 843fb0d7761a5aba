import SpanielTestSupport
import Tensor
import Testing

/// The memory behind large tensors: blocks cut from gaps, and gaps merged again.
@Suite struct RegionsTests {
    private static let granule = Regions.granule

    /// A block, from a new region where no gap holds it.
    /// - Returns: the bytes asked of the system beside it.
    private static func block(of byteCount: Int, _ regions: inout Regions) throws -> (
        start: UnsafeMutableRawPointer, grown: Int
    ) {
        if let start = regions.take(byteCount) { return (start, 0) }
        let grown = regions.grow(for: byteCount)
        let start = regions.take(byteCount)
        return (try #require(start), grown)
    }

    @Test("blocks never overlap, begin at whole granules, and nothing is lost")
    func blocks() throws {
        var generator = Generator(seed: 21)
        var regions = Regions()
        defer { regions.trim() }
        var (held, inUse, mostTaken) = (0, 0, 0)
        var taken: [(start: UnsafeMutableRawPointer, byteCount: Int)] = []
        for _ in 0..<4000 {
            if taken.count < 40, generator.next() % 2 == 0 || taken.isEmpty {
                let byteCount = Self.granule * Int(1 + generator.next() % 64)
                let (start, grown) = try Self.block(of: byteCount, &regions)
                held += grown
                #expect(Int(bitPattern: start) % Self.granule == 0)
                #expect(
                    taken.allSatisfy { start + byteCount <= $0.start || $0.start + $0.byteCount <= start })
                start.storeBytes(of: 1, as: UInt8.self)
                (start + byteCount - 1).storeBytes(of: 1, as: UInt8.self)
                taken.append((start, byteCount))
                inUse += byteCount
                mostTaken = max(mostTaken, inUse)
            } else {
                let block = taken.remove(at: Int(generator.next() % UInt64(taken.count)))
                regions.give(block.start, block.byteCount)
                inUse -= block.byteCount
            }
            #expect(regions.bytesFree == held - inUse)
        }
        // What lies between blocks is at most as much again.
        #expect(held <= 2 * mostTaken + (32 << 20))
        for block in taken { regions.give(block.start, block.byteCount) }
        #expect(regions.bytesFree == held)
    }

    @Test(
        "the same work again asks for nothing; in other orders every time, for at most as much again",
        arguments: [true, false])
    func steady(inOrder: Bool) throws {
        var generator = Generator(seed: 22)
        var regions = Regions()
        defer { regions.trim() }
        // About the sizes of an encoder's tensors, in granules; every third lives on to the end of the pass.
        let sizes = [200, 600, 50, 200, 800, 200, 17, 600, 1, 200, 400, 33].map { $0 * Self.granule }
        var (held, inUse, mostTaken, first) = (0, 0, 0, 0)
        for pass in 0..<1000 {
            var taken: [(start: UnsafeMutableRawPointer, byteCount: Int)] = []
            func giveOne() {
                let block = taken.remove(
                    at: inOrder ? taken.count / 2 : Int(generator.next() % UInt64(taken.count)))
                regions.give(block.start, block.byteCount)
                inUse -= block.byteCount
            }
            for (i, byteCount) in sizes.enumerated() {
                let (start, grown) = try Self.block(of: byteCount, &regions)
                held += grown
                taken.append((start, byteCount))
                inUse += byteCount
                mostTaken = max(mostTaken, inUse)
                if i % 3 != 0 { giveOne() }
            }
            while !taken.isEmpty { giveOne() }
            if pass == 0 { first = held }
        }
        #expect(
            held <= (inOrder ? first : 2 * mostTaken + (32 << 20)),
            "first \(first) bytes, then \(held); \(mostTaken) taken at most")
    }

    @Test("a block comes from the smallest gap that holds it")
    func bestFit() throws {
        var regions = Regions()
        defer { regions.trim() }
        let sizes = [4, 1, 2, 1].map { $0 * Self.granule }
        let blocks = try sizes.map { try Self.block(of: $0, &regions).start }
        regions.give(blocks[0], sizes[0])
        regions.give(blocks[2], sizes[2])
        #expect(try Self.block(of: 2 * Self.granule, &regions).start == blocks[2])
        #expect(try Self.block(of: 3 * Self.granule, &regions).start == blocks[0])
    }

    @Test("gaps that touch on either side are one")
    func merged() throws {
        var regions = Regions()
        defer { regions.trim() }
        let all = regions.grow(for: Self.granule)
        let blocks = try (0..<3).map { _ in try Self.block(of: Self.granule, &regions).start }
        for i in [0, 2, 1] { regions.give(blocks[i], Self.granule) }
        #expect(try Self.block(of: all, &regions).start == blocks[0])
    }

    @Test(
        "a request larger than a region gets one of its own; trimming keeps what is taken, and what it returns is gone"
    )
    func trimmed() throws {
        var regions = Regions()
        #expect(regions.grow(for: 50 << 20) == 50 << 20)
        let (start, grown) = try Self.block(of: 40 << 20, &regions)
        #expect(grown == 0 && regions.bytesFree == 10 << 20)
        start.storeBytes(of: 3, toByteOffset: (40 << 20) - 1, as: UInt8.self)
        regions.trim()
        #expect(regions.bytesFree == 0)
        #expect(start.load(fromByteOffset: (40 << 20) - 1, as: UInt8.self) == 3)
        regions.give(start, 40 << 20)
        #expect(try Self.block(of: 40 << 20, &regions).grown == 0)
        regions.give(start, 40 << 20)
        regions.trim()
        let none = regions.take(Self.granule)
        #expect(none == nil)
    }
}
