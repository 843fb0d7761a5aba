/// A table that holds one vector for each id.
public struct Embedding: Sendable {
    /// The vectors, [count, C].
    public let table: Tensor

    /// Creates an embedding from its table, [count, C].
    public init(table: Tensor) { self.table = table }

    /// Returns the vectors of some ids, in their order.
    /// - Parameter ids: each from 0 and below the table's count.
    /// - Returns: [ids, C]
    public func callAsFunction(_ ids: [Int32]) -> Tensor {
        Tensor.stack(ids.map { table[leading: Int($0)] })
    }
}
