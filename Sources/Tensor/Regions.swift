import SpanielPlatform

/// Large regions of the system's memory, handed out block by block: a block is cut from the smallest gap that
/// holds it, and gaps that touch are merged. So a model's weights lie close together, and an operation gets
/// the memory that the one before has just released.
///
/// A region begins at a huge page and asks the system for huge pages: the system needs hardly more time for
/// one than for a small page, and a large model takes a hundred thousand small ones. Huge pages that were
/// never touched reserve address space, not memory.
package struct Regions {
    /// The unit of a block's size in bytes, a multiple of every system's page (64 KB on some Arm servers).
    package static let granule = 64 << 10
    private static let hugePage = 2 << 20
    /// The smallest region in bytes.
    private static let leastRegion = 32 << 20

    private struct Gap {
        var start: UnsafeMutableRawPointer
        var byteCount: Int
        var end: UnsafeMutableRawPointer { start + byteCount }
    }

    /// The gaps by address, no two of which touch.
    private var gaps: [Gap] = []

    /// Creates an empty set of regions.
    package init() {}

    /// The bytes that are in no block.
    package var bytesFree: Int { gaps.reduce(0) { $0 + $1.byteCount } }

    /// Cuts a block from the smallest gap that holds it.
    /// - Parameter byteCount: a multiple of `granule`.
    /// - Returns: the block, or nil if no gap holds it: call `grow` first.
    package mutating func take(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        guard
            let best = gaps.indices.filter({ gaps[$0].byteCount >= byteCount }).min(by: {
                gaps[$0].byteCount < gaps[$1].byteCount
            })
        else { return nil }
        let block = gaps[best].start
        gaps[best].start += byteCount
        gaps[best].byteCount -= byteCount
        if gaps[best].byteCount == 0 { gaps.remove(at: best) }
        return block
    }

    /// Takes back a block that `take` returned.
    package mutating func give(_ start: UnsafeMutableRawPointer, _ byteCount: Int) {
        let gap = Gap(start: start, byteCount: byteCount)
        let next = gaps.firstIndex { $0.start > start } ?? gaps.endIndex
        let touchesNext = next < gaps.endIndex && gap.end == gaps[next].start
        if next > gaps.startIndex, gaps[next - 1].end == start {
            gaps[next - 1].byteCount += byteCount + (touchesNext ? gaps[next].byteCount : 0)
            if touchesNext { gaps.remove(at: next) }
        } else if touchesNext {
            gaps[next].start = start
            gaps[next].byteCount += byteCount
        } else {
            gaps.insert(gap, at: next)
        }
    }

    /// Asks the system for a region that holds a block of `byteCount` bytes, and ends the process if there is
    /// no memory.
    /// - Returns: the region's size in bytes.
    package mutating func grow(for byteCount: Int) -> Int {
        let size = max(Self.leastRegion, (byteCount + Self.hugePage - 1) / Self.hugePage * Self.hugePage)
        // One huge page more, so that one begins inside; what lies before and behind goes back.
        let asked = size + Self.hugePage
        guard let raw = mmap(nil, asked, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0),
            raw != MAP_FAILED
        else {
            fatalError("no memory for a buffer of \(byteCount) bytes")
        }
        let before = (Self.hugePage - Int(bitPattern: raw) % Self.hugePage) % Self.hugePage
        if before > 0 { munmap(raw, before) }
        munmap(raw + before + size, asked - size - before)
        #if os(Linux)
            madvise(raw + before, size, MADV_HUGEPAGE)  // advice: without it pages are small
        #endif
        give(raw + before, size)
        return size
    }

    /// Returns every gap to the system, except those it does not take.
    package mutating func trim() {
        gaps.removeAll { munmap($0.start, $0.byteCount) == 0 }
    }
}

extension Regions: @unchecked Sendable {}  // its owner's lock guards it
