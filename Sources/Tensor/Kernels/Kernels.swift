import CSpanielKernels

/// The kernels in use: the chosen table, nil where the naive twins serve.
struct Kernels: @unchecked Sendable {
    static let current: Kernels? = InstructionSet.current.table.map { Kernels(table: $0.pointee) }

    let table: spaniel_kernels

    /// Columns to a panel of a packed matrix.
    var columns: Int { Int(table.columns) }
    /// Rows a product packs at once: work is split by multiples of it.
    var rowBlock: Int { Int(table.row_block) }

    func panels(_ columnCount: Int) -> Int { (columnCount + columns - 1) / columns }
}
