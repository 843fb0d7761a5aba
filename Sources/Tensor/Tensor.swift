/// An array of Float32 with a shape: contiguous, row-major, channels last.
///
/// A tensor is a value: assignment shares its storage, and writing copies the storage if it is shared. Only
/// reshapes and slices of the leading axis are views; every other operation copies.
///
/// A wrong shape or index is the caller's mistake and stops the program with both shapes.
public struct Tensor: Sendable {
    /// The extents, outermost axis first.
    public let shape: Shape
    var storage: Storage
    let offset: Int

    init(shape: Shape, storage: Storage, offset: Int) {
        self.shape = shape
        self.storage = storage
        self.offset = offset
    }

    /// Creates a tensor of `values`, row-major, as many as the shape holds.
    public init(_ values: [Float], _ shape: Shape) {
        precondition(values.count == shape.elementCount, "\(values.count) values do not fill \(shape)")
        self.init(uninitialized: shape) { target in _ = target.update(fromContentsOf: values) }
    }

    /// Creates a tensor whose elements all equal `value`.
    public init(repeating value: Float, _ shape: Shape) {
        self.init(uninitialized: shape) { $0.update(repeating: value) }
    }

    /// Returns a tensor of zeros.
    public static func zeros(_ shape: Shape) -> Tensor { Tensor(repeating: 0, shape) }

    /// Creates a tensor in uninitialised memory, every element of which `fill` must write.
    package init(uninitialized shape: Shape, _ fill: (UnsafeMutableBufferPointer<Float>) throws -> Void)
        rethrows
    {
        let storage = Storage(count: shape.elementCount)
        try fill(UnsafeMutableBufferPointer(start: storage.base, count: shape.elementCount))
        self.init(shape: shape, storage: storage, offset: 0)
    }

    /// The number of elements.
    public var count: Int { shape.elementCount }

    /// A copy of the elements, row-major.
    public var array: [Float] { withValues { Array($0) } }

    /// The address of the first element, valid while the tensor lives: see `withExtendedLifetime`.
    var pointer: UnsafePointer<Float> { UnsafePointer(storage.base + offset) }

    /// Calls `body` with the elements, row-major, for reading.
    package func withValues<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
        try withExtendedLifetime(storage) {
            try body(UnsafeBufferPointer(start: storage.base + offset, count: count))
        }
    }

    /// The same values in the pool's memory: a copy if the storage is borrowed, otherwise this tensor.
    var owned: Tensor { storage.isBorrowed ? copy : self }

    private var copy: Tensor {
        withValues { values in Tensor(uninitialized: shape) { _ = $0.update(fromContentsOf: values) } }
    }

    /// Calls `body` with the elements, row-major, for writing; copies them first if the storage is shared or
    /// borrowed.
    package mutating func withMutableValues<R>(_ body: (UnsafeMutableBufferPointer<Float>) throws -> R)
        rethrows -> R
    {
        if storage.isBorrowed || !isKnownUniquelyReferenced(&storage) { self = copy }
        return try withExtendedLifetime(storage) {
            try body(UnsafeMutableBufferPointer(start: storage.base + offset, count: count))
        }
    }

    /// The element at one index for each axis, each from 0 and below the extent.
    public subscript(_ indices: Int...) -> Float {
        precondition(indices.count == shape.rank, "\(indices.count) indices into \(shape)")
        var position = 0
        for (index, extent) in zip(indices, shape.extents) {
            precondition(index >= 0 && index < extent, "index \(indices) outside \(shape)")
            position = position * extent + index
        }
        return withValues { $0[position] }
    }

    /// Returns a view of the same elements, in the same order, under another shape of as many elements.
    public func reshaped(_ newShape: Shape) -> Tensor {
        precondition(newShape.elementCount == count, "\(shape) cannot be reshaped to \(newShape)")
        return Tensor(shape: newShape, storage: storage, offset: offset)
    }

    /// A view of a range of the leading axis.
    public subscript(leading range: Range<Int>) -> Tensor {
        precondition(
            shape.rank >= 1 && range.lowerBound >= 0 && range.upperBound <= shape[0],
            "\(range) outside \(shape)")
        let inner = shape.extents.dropFirst().reduce(1, *)
        let sliced = Shape([range.count] + shape.extents.dropFirst())
        return Tensor(shape: sliced, storage: storage, offset: offset + range.lowerBound * inner)
    }

    /// A view of one entry of the leading axis, without that axis.
    public subscript(leading index: Int) -> Tensor {
        let one = self[leading: index..<index + 1]
        return one.reshaped(Shape(Array(shape.extents.dropFirst())))
    }
}
