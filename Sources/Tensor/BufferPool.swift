import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where tensors get their memory: buffers are kept by size class and handed out again, so that after one warm-up picture an encode asks
/// the system for nothing.
public final class BufferPool: Sendable {
    public static let shared = BufferPool()

    struct Buffer: @unchecked Sendable {
        let base: UnsafeMutablePointer<Float>
        let capacity: Int
    }

    /// What the pool has asked of the system so far.
    public struct Statistics: Sendable, Equatable {
        /// Buffers taken from the system since the process began.
        public var allocations = 0
        /// Bytes held now, in use or waiting.
        public var bytesHeld = 0
        /// Bytes in tensors now.
        public var bytesInUse = 0
        /// The most bytes ever held.
        public var peakBytes = 0
    }

    private struct State {
        var free: [Int: [Buffer]] = [:]
        var statistics = Statistics()
    }

    private let state = Mutex(State())

    public var statistics: Statistics { state.withLock { $0.statistics } }

    /// Gives every waiting buffer back to the system.
    public func trim() {
        state.withLock { state in
            for buffers in state.free.values {
                for buffer in buffers {
                    buffer.base.deallocate()
                    state.statistics.bytesHeld -= buffer.capacity * 4
                }
            }
            state.free = [:]
        }
    }

    /// Size classes are eighths of a power of two: at most an eighth is wasted and near sizes share buffers.
    static func sizeClass(_ count: Int) -> Int {
        let least = 64
        if count <= least { return least }
        let step = max(least, 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount - 3))
        return (count + step - 1) / step * step
    }

    func take(count: Int) -> Buffer {
        let capacity = Self.sizeClass(count)
        return state.withLock { state in
            state.statistics.bytesInUse += capacity * 4
            if let buffer = state.free[capacity]?.popLast() { return buffer }
            state.statistics.allocations += 1
            state.statistics.bytesHeld += capacity * 4
            state.statistics.peakBytes = max(state.statistics.peakBytes, state.statistics.bytesHeld)
            return Buffer(base: Self.allocate(byteCount: capacity * 4).bindMemory(to: Float.self, capacity: capacity), capacity: capacity)
        }
    }

    /// Whole large pages of a buffer that has some are asked for as such: handing out one costs the system hardly more than a small one, and a
    /// large model has a hundred thousand small ones.
    private static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
        #if os(Linux)
            let largePage = 2 << 20
            if byteCount >= largePage {
                let raw = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: largePage)
                madvise(raw, byteCount / largePage * largePage, MADV_HUGEPAGE)  // advice: where it is not taken, pages are small
                return raw
            }
        #endif
        return .allocate(byteCount: byteCount, alignment: 64)
    }

    func give(_ buffer: Buffer) {
        state.withLock { state in
            state.statistics.bytesInUse -= buffer.capacity * 4
            state.free[buffer.capacity, default: []].append(buffer)
        }
    }
}
