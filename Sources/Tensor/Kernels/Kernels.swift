import CSpanielKernels

/// The table of the kernels in use.
struct Kernels: @unchecked Sendable {
    /// The chosen kernels, or nil if the naive twins compute.
    static let current: Kernels? = InstructionSet.current.table.map { Kernels(table: $0.pointee) }

    let table: spaniel_kernels

    /// Whether attention can multiply whole numbers.
    var haveInt8Attention: Bool { table.int8.attention != nil }

    /// Returns the products of a precision, and its attention, which int8 may lack.
    func products(_ precision: Tensor.Precision) -> spaniel_products {
        switch precision {
        case .float32: table.float32
        case .bfloat16: table.bfloat16
        case .int8: table.int8
        }
    }
}

extension spaniel_products {
    /// Returns the number of panels of a matrix of so many columns.
    func panels(_ columnCount: Int) -> Int { (columnCount + Int(columns) - 1) / Int(columns) }

    /// Returns the number of floats of a packed matrix of `columnCount` columns, summed over `inner`.
    func packedCount(columns columnCount: Int, inner: Int) -> Int {
        count(columnCount, inner, operand_bytes)
    }

    /// Returns the number of floats of a head's packed keys.
    func packedKeysCount(_ keys: Int, channels: Int) -> Int { count(keys, channels, attention_bytes) }

    /// Returns the most floats of a head's packed values: a narrow head's are packed as its keys are.
    func packedValuesCount(_ keys: Int, channels: Int) -> Int {
        max(count(channels, keys, attention_bytes), packedKeysCount(keys, channels: channels))
    }

    private func count(_ columnCount: Int, _ inner: Int, _ bytes: Int32) -> Int {
        let filled = (inner + Int(depth) - 1) / Int(depth) * Int(depth)
        let each = filled * Int(bytes) + Int(column_bytes)
        return (panels(columnCount) * Int(columns) * each + 3) / 4
    }
}
