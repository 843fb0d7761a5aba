extension Tensor {
    /// The extents of a tensor, outermost axis first.
    public struct Shape: Sendable, Hashable, RandomAccessCollection, ExpressibleByArrayLiteral,
        CustomStringConvertible
    {
        public let extents: [Int]

        /// - Precondition: every extent is at least zero and their product fits an `Int`.
        public init(_ extents: [Int]) {
            precondition(extents.allSatisfy { $0 >= 0 }, "a shape has no negative extent: \(extents)")
            self.extents = extents
        }

        public init(arrayLiteral elements: Int...) { self.init(elements) }

        public var startIndex: Int { 0 }
        public var endIndex: Int { extents.count }
        /// The extent of one axis; a negative axis counts from the last.
        public subscript(axis: Int) -> Int { extents[axis < 0 ? axis + extents.count : axis] }

        /// How many axes there are.
        public var rank: Int { extents.count }

        /// How many elements a tensor of this shape holds.
        public var elementCount: Int { extents.reduce(1, *) }

        public var description: String { "[" + extents.map(String.init).joined(separator: ", ") + "]" }
    }
}
