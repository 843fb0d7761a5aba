/// A table of vectors, one for each id.
public struct Embedding: Sendable {
    /// [count, C]
    public let table: Tensor

    public init(table: Tensor) { self.table = table }

    /// - Parameter ids: each below the table's count.
    /// - Returns: [ids, C]
    public func callAsFunction(_ ids: [Int32]) -> Tensor {
        Tensor.stack(ids.map { table[leading: Int($0)] })
    }
}
