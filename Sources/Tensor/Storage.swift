/// The memory of one or more tensors: Float32, aligned to 64 bytes, taken from the buffer pool and given back
/// to it; or lent, only to be read.
///
/// Unsafe code of this module lives here, in the pool behind it and in `Kernels`. A storage is written only
/// by the operation that creates it, or by one that has proved itself the only owner
/// (`isKnownUniquelyReferenced`); afterwards it is only read, which makes it safe to send.
final class Storage: @unchecked Sendable {
    let base: UnsafeMutablePointer<Float>
    let capacity: Int
    let count: Int
    /// Tells the lender that lent memory is no longer read; nil for the pool's.
    private let giveBack: (@Sendable () -> Void)?

    var isLent: Bool { giveBack != nil }

    init(count: Int) {
        let buffer = BufferPool.shared.take(count: count)
        base = buffer.base
        capacity = buffer.capacity
        self.count = count
        giveBack = nil
    }

    /// - Parameters:
    ///   - base: aligned to a Float, never written through.
    ///   - giveBack: keeps the memory where it is, and is called when it is no longer read.
    init(lending base: UnsafePointer<Float>, count: Int, giveBack: @escaping @Sendable () -> Void) {
        self.base = UnsafeMutablePointer(mutating: base)
        capacity = count
        self.count = count
        self.giveBack = giveBack
    }

    deinit {
        if let giveBack {
            giveBack()
        } else {
            BufferPool.shared.give(BufferPool.Buffer(base: base, capacity: capacity))
        }
    }
}
