import SpanielPlatform

/// Memory from the system in large regions, lent block by block: a block is cut from the smallest gap that
/// holds it, and gaps that touch are one again. So a model's weights lie close together, and an operation
/// gets the memory that the one before has just left.
///
/// Regions begin at a large page and are advised to have such pages: handing out one costs the system hardly
/// more than a small one, and a large model has a hundred thousand small ones. Large pages that were never
/// lent from cost addresses and no memory.
package struct Regions {
    /// Blocks are whole multiples of this, which the pages of every system divide (64 KB on some Arm
    /// servers).
    package static let granule = 64 << 10
    private static let largePage = 2 << 20
    /// What the system is asked for at least.
    private static let leastRegion = 32 << 20

    private struct Gap {
        var start: UnsafeMutableRawPointer
        var byteCount: Int
        var end: UnsafeMutableRawPointer { start + byteCount }
    }

    /// By address; no two touch.
    private var gaps: [Gap] = []

    package init() {}

    /// Bytes in no block.
    package var bytesFree: Int { gaps.reduce(0) { $0 + $1.byteCount } }

    /// - Parameter byteCount: a multiple of `granule`.
    /// - Returns: nil when no gap holds it: `grow` first.
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

    /// Takes back a block that was lent.
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

    /// Asks the system for a region that holds a block.
    /// - Returns: the region's bytes.
    package mutating func grow(for byteCount: Int) -> Int {
        let size = max(Self.leastRegion, (byteCount + Self.largePage - 1) / Self.largePage * Self.largePage)
        // A large page more, so that one begins inside; what lies before and behind goes back.
        let asked = size + Self.largePage
        guard let raw = mmap(nil, asked, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0),
            raw != MAP_FAILED
        else {
            fatalError("no memory for a buffer of \(byteCount) bytes")
        }
        let before = (Self.largePage - Int(bitPattern: raw) % Self.largePage) % Self.largePage
        if before > 0 { munmap(raw, before) }
        munmap(raw + before + size, asked - size - before)
        #if os(Linux)
            madvise(raw + before, size, MADV_HUGEPAGE)  // advice: where it is not taken, pages are small
        #endif
        give(raw + before, size)
        return size
    }

    /// Gives every gap back to the system, but for those it does not take.
    package mutating func trim() {
        gaps.removeAll { munmap($0.start, $0.byteCount) == 0 }
    }
}

extension Regions: @unchecked Sendable {}  // its owner's lock guards it
