import Synchronization

/// The pool that tensors take their memory from and return it to, so that an encode after the first asks the
/// system for nothing. Small buffers wait by size class; large ones are blocks of `Regions`.
public final class BufferPool: Sendable {
    /// The pool of this process.
    public static let shared = BufferPool()

    struct Buffer: @unchecked Sendable {
        let base: UnsafeMutablePointer<Float>
        let capacity: Int
    }

    /// What the pool has asked the system for so far.
    public struct Statistics: Sendable, Equatable {
        /// The buffers and regions taken from the system since the process began.
        public var allocations = 0
        /// The bytes held now, whether in use, waiting or never used: only the pages of a region that were
        /// written take memory.
        public var bytesHeld = 0
        /// The bytes in tensors now, as the pool rounds them up.
        public var bytesInUse = 0
        /// The most bytes held at any time.
        public var peakBytes = 0

        fileprivate mutating func took(_ byteCount: Int) {
            allocations += 1
            bytesHeld += byteCount
            peakBytes = max(peakBytes, bytesHeld)
        }
    }

    private struct State {
        var free: [Int: [Buffer]] = [:]
        var regions = Regions()
        var statistics = Statistics()
    }

    private let state = Mutex(State())

    /// The figures as they are now.
    public var statistics: Statistics { state.withLock { $0.statistics } }

    /// Returns all waiting memory to the system; tensors keep theirs.
    public func trim() {
        state.withLock { state in
            for buffers in state.free.values {
                for buffer in buffers {
                    buffer.base.deallocate()
                    state.statistics.bytesHeld -= buffer.capacity * 4
                }
            }
            state.free = [:]
            let free = state.regions.bytesFree
            state.regions.trim()
            state.statistics.bytesHeld -= free - state.regions.bytesFree
        }
    }

    /// The capacity, in floats, from which a buffer is a block of a region.
    private static let large = (1 << 20) / 4

    /// Rounds a count up to a size that many tensors share: small sizes to eighths of a power of two, which
    /// wastes at most an eighth, and large ones to whole granules.
    static func capacity(_ count: Int) -> Int {
        let least = 64
        if count <= least { return least }
        let step =
            count >= large
            ? Regions.granule / 4 : max(least, 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount - 3))
        return (count + step - 1) / step * step
    }

    func take(count: Int) -> Buffer {
        let capacity = Self.capacity(count)
        return state.withLock { state in
            state.statistics.bytesInUse += capacity * 4
            if let buffer = state.free[capacity]?.popLast() { return buffer }
            let raw: UnsafeMutableRawPointer
            if capacity >= Self.large {
                raw = block(of: capacity * 4, &state)
            } else {
                state.statistics.took(capacity * 4)
                raw = .allocate(byteCount: capacity * 4, alignment: 64)
            }
            return Buffer(base: raw.bindMemory(to: Float.self, capacity: capacity), capacity: capacity)
        }
    }

    private func block(of byteCount: Int, _ state: inout State) -> UnsafeMutableRawPointer {
        while true {
            if let block = state.regions.take(byteCount) { return block }
            state.statistics.took(state.regions.grow(for: byteCount))
        }
    }

    func give(_ buffer: Buffer) {
        state.withLock { state in
            state.statistics.bytesInUse -= buffer.capacity * 4
            if buffer.capacity >= Self.large {
                state.regions.give(buffer.base, buffer.capacity * 4)
            } else {
                state.free[buffer.capacity, default: []].append(buffer)
            }
        }
    }
}
