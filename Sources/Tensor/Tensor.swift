/// An array of Float32 with a shape: contiguous, row-major, channels last.
///
/// A value: assigning shares the storage, writing copies it when it is shared. Views are reshapes and slices
/// of the leading axis only.
public struct Tensor: Sendable {
    public let shape: Shape
    var storage: Storage
    let offset: Int

    init(shape: Shape, storage: Storage, offset: Int) {
        self.shape = shape
        self.storage = storage
        self.offset = offset
    }

    /// A tensor of given values, row-major.
    public init(_ values: [Float], _ shape: Shape) {
        precondition(values.count == shape.elementCount, "\(values.count) values do not fill \(shape)")
        self.init(uninitialized: shape) { target in _ = target.update(fromContentsOf: values) }
    }

    /// A tensor of one value throughout.
    public init(repeating value: Float, _ shape: Shape) {
        self.init(uninitialized: shape) { $0.update(repeating: value) }
    }

    public static func zeros(_ shape: Shape) -> Tensor { Tensor(repeating: 0, shape) }

    /// A tensor whose every element `fill` writes.
    package init(uninitialized shape: Shape, _ fill: (UnsafeMutableBufferPointer<Float>) throws -> Void)
        rethrows
    {
        let storage = Storage(count: shape.elementCount)
        try fill(UnsafeMutableBufferPointer(start: storage.base, count: shape.elementCount))
        self.init(shape: shape, storage: storage, offset: 0)
    }

    public var count: Int { shape.elementCount }

    /// The values, row-major.
    public var array: [Float] { withValues { Array($0) } }

    /// Where the elements lie, row-major, as long as the tensor lives: see `withExtendedLifetime`.
    var pointer: UnsafePointer<Float> { UnsafePointer(storage.base + offset) }

    /// The elements, row-major, for reading.
    package func withValues<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
        try withExtendedLifetime(storage) {
            try body(UnsafeBufferPointer(start: storage.base + offset, count: count))
        }
    }

    /// The same values in memory of our own: a copy of what is lent, else itself.
    var kept: Tensor { storage.isLent ? copy : self }

    private var copy: Tensor {
        withValues { values in Tensor(uninitialized: shape) { _ = $0.update(fromContentsOf: values) } }
    }

    /// The elements, row-major, for writing; copies first when the storage is shared or lent.
    package mutating func withMutableValues<R>(_ body: (UnsafeMutableBufferPointer<Float>) throws -> R)
        rethrows -> R
    {
        if storage.isLent || !isKnownUniquelyReferenced(&storage) { self = copy }
        return try withExtendedLifetime(storage) {
            try body(UnsafeMutableBufferPointer(start: storage.base + offset, count: count))
        }
    }

    /// One element.
    public subscript(_ indices: Int...) -> Float {
        precondition(indices.count == shape.rank, "\(indices.count) indices into \(shape)")
        var position = 0
        for (index, extent) in zip(indices, shape.extents) {
            precondition(index >= 0 && index < extent, "index \(indices) outside \(shape)")
            position = position * extent + index
        }
        return withValues { $0[position] }
    }

    /// The same elements under another shape. A view.
    public func reshaped(_ newShape: Shape) -> Tensor {
        precondition(newShape.elementCount == count, "\(shape) cannot be reshaped to \(newShape)")
        return Tensor(shape: newShape, storage: storage, offset: offset)
    }

    /// Some of the leading axis. A view.
    public subscript(leading range: Range<Int>) -> Tensor {
        precondition(
            shape.rank >= 1 && range.lowerBound >= 0 && range.upperBound <= shape[0],
            "\(range) outside \(shape)")
        let inner = shape.extents.dropFirst().reduce(1, *)
        let sliced = Shape([range.count] + shape.extents.dropFirst())
        return Tensor(shape: sliced, storage: storage, offset: offset + range.lowerBound * inner)
    }

    /// One entry of the leading axis, that axis dropped. A view.
    public subscript(leading index: Int) -> Tensor {
        let one = self[leading: index..<index + 1]
        return one.reshaped(Shape(Array(shape.extents.dropFirst())))
    }
}
