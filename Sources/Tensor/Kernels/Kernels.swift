import CSpanielKernels

/// The kernels in use: the chosen table, nil where the naive twins serve.
struct Kernels: @unchecked Sendable {
    static let current: Kernels? = InstructionSet.current.table.map { Kernels(table: $0.pointee) }

    let table: spaniel_kernels

    /// Products and attention in a precision.
    func products(_ precision: Tensor.Precision) -> spaniel_products {
        switch precision {
        case .float32: table.float32
        case .bfloat16: table.bfloat16
        }
    }
}

extension spaniel_products {
    /// Panels of a matrix of so many columns.
    func panels(_ columnCount: Int) -> Int { (columnCount + Int(columns) - 1) / Int(columns) }

    /// Floats that a packed matrix takes: `columnCount` columns, summed over `inner`.
    func packedCount(columns columnCount: Int, inner: Int) -> Int {
        let filled = (inner + Int(depth) - 1) / Int(depth) * Int(depth)
        return (panels(columnCount) * Int(columns) * filled * Int(operand_bytes) + 3) / 4
    }
}
