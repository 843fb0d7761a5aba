/// The memory of one or more tensors: Float32, aligned to 64 bytes, taken from the buffer pool and given back to it.
///
/// Unsafe code of this module lives here and in `Kernels`. A storage is written only by the operation that creates it, or by one that has
/// proved itself the only owner (`isKnownUniquelyReferenced`); afterwards it is only read, which is what makes it safe to send.
final class Storage: @unchecked Sendable {
    let base: UnsafeMutablePointer<Float>
    let capacity: Int
    let count: Int

    init(count: Int) {
        let buffer = BufferPool.shared.take(count: count)
        base = buffer.base
        capacity = buffer.capacity
        self.count = count
    }

    deinit { BufferPool.shared.give(BufferPool.Buffer(base: base, capacity: capacity)) }
}
