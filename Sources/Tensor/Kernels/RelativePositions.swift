/// The tables of SAM's decomposed relative positions for one layer: what a query adds to its score for a key
/// so many rows and columns away (ViTDet, section 3; SAM `add_decomposed_rel_pos`).
public struct RelativePositions: Sendable {
    /// The rows of the grid or window that the tables are for.
    let gridHeight: Int
    /// The columns of it.
    let gridWidth: Int
    /// Both tables, [2H-1 + 2W-1, d], each from the last entry to the first, so that one query's entries for
    /// successive keys lie side by side.
    let reversed: Tensor
    let packed: PackedMatrix

    /// The precision in which attention of another one multiplies positions of heads of `channels`: whole
    /// numbers are not worth their while there.
    static func precision(of attention: Tensor.Precision, channels: Int) -> Tensor.Precision {
        let multiplied = attention.attention(channels: channels)
        return multiplied == .int8 ? .float32 : multiplied
    }

    /// Packs the tables of a grid or window of H rows and W columns, for heads of d channels.
    /// - Parameters:
    ///   - height: [2H-1, d], entry i for a key H-1-i rows below the query.
    ///   - width: [2W-1, d], entry i for a key W-1-i columns to the right of it.
    ///   - precision: of grid attention with them.
    public init(height: Tensor, width: Tensor, precision: Tensor.Precision = .float32) {
        precondition(
            height.shape[1] == width.shape[1], "relative positions of \(height.shape) and \(width.shape)")
        gridHeight = (height.shape[0] + 1) / 2
        gridWidth = (width.shape[0] + 1) / 2
        func backwards(_ table: Tensor) -> [Tensor] {
            (0..<table.shape[0]).reversed().map { table[leading: $0] }
        }
        reversed = Tensor.stack(backwards(height) + backwards(width))
        packed = PackedMatrix(
            rows: reversed, precision: Self.precision(of: precision, channels: height.shape[1]),
            for: Kernels.current.map { .kernels($0) } ?? .reference)
    }
}
