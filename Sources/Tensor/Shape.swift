extension Tensor {
    /// The extents of a tensor, outermost axis first.
    public struct Shape: Sendable, Hashable, RandomAccessCollection, ExpressibleByArrayLiteral,
        CustomStringConvertible
    {
        /// The extents as an array.
        public let extents: [Int]

        /// Creates a shape of the given extents.
        /// - Precondition: every extent is at least zero and their product fits an `Int`.
        public init(_ extents: [Int]) {
            precondition(extents.allSatisfy { $0 >= 0 }, "a shape has no negative extent: \(extents)")
            self.extents = extents
        }

        /// Creates a shape from a literal such as `[1, 64, 64, 256]`.
        public init(arrayLiteral elements: Int...) { self.init(elements) }

        /// Always 0.
        public var startIndex: Int { 0 }
        /// The number of axes.
        public var endIndex: Int { extents.count }
        /// The extent of one axis; a negative axis counts from the last.
        public subscript(axis: Int) -> Int { extents[axis < 0 ? axis + extents.count : axis] }

        /// The number of axes.
        public var rank: Int { extents.count }

        /// The number of elements of a tensor of this shape, 1 for no axes.
        public var elementCount: Int { extents.reduce(1, *) }

        /// The extents in brackets, such as `[2, 3]`.
        public var description: String { "[" + extents.map(String.init).joined(separator: ", ") + "]" }
    }
}
