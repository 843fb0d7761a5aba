/// The memory of one or more tensors: either owned, from the buffer pool and aligned to 64 bytes, or borrowed
/// and read-only.
///
/// The unsafe code of this module lives here, in the pool behind it and in `Kernels`. Only the operation that
/// creates a storage writes it, or one that has proved to be its only owner (`isKnownUniquelyReferenced`);
/// afterwards it is only read, which makes it safe to send.
final class Storage: @unchecked Sendable {
    let base: UnsafeMutablePointer<Float>
    let capacity: Int
    let count: Int
    /// Tells the owner of borrowed memory that it is no longer read; nil for the pool's memory.
    private let release: (@Sendable () -> Void)?

    var isBorrowed: Bool { release != nil }

    /// Takes uninitialised memory for `count` floats from the pool.
    init(count: Int) {
        let buffer = BufferPool.shared.take(count: count)
        base = buffer.base
        capacity = buffer.capacity
        self.count = count
        release = nil
    }

    /// Borrows memory that something else owns.
    /// - Parameters:
    ///   - base: aligned to a Float, never written through.
    ///   - release: keeps the memory valid as long as it is referenced, and is called when nothing reads it.
    init(borrowing base: UnsafePointer<Float>, count: Int, release: @escaping @Sendable () -> Void) {
        self.base = UnsafeMutablePointer(mutating: base)
        capacity = count
        self.count = count
        self.release = release
    }

    deinit {
        if let release {
            release()
        } else {
            BufferPool.shared.give(BufferPool.Buffer(base: base, capacity: capacity))
        }
    }
}
