/// Returns attention among the cells of a grid, or of its windows, with decomposed relative positions:
///
///     softmax(q kᵀ / √d + q·Rh[row distance] + q·Rw[column distance]) v
///
/// or, as TinyViT has it, with a learned bias for each pair of distances: softmax(q kᵀ / √d + bias) v.
///
/// A window that reaches over the grid's right or bottom edge is filled up with cells whose query, key and
/// value are the bias alone. Other cells attend to them, as in the published model, but they attend to
/// nothing themselves.
/// - Parameters:
///   - qkv: [B, H, W, 3C], queries, keys and values of each cell side by side.
///   - heads: the number of parts that C is cut into; d = C / heads.
///   - positions: the tables of the window or of the whole grid; nil for attention without positions.
///   - biases: the biases of a window's pairs of cells, instead of positions.
///   - window: the side of a window in cells; nil for the whole grid.
///   - padding: [3C], the qkv of a cell outside the grid.
///   - precision: of both products; the positions' must be the same.
/// - Returns: [B, H, W, C]
public func gridAttention(
    _ qkv: Tensor, heads: Int, positions: RelativePositions? = nil, biases: WindowBiases? = nil, window: Int?,
    padding: Tensor,
    precision: Tensor.Precision = .float32
) -> Tensor {
    let (batch, height, width, channels) = (qkv.shape[0], qkv.shape[1], qkv.shape[2], qkv.shape[3] / 3)
    let (tall, wide) = (window ?? height, window ?? width)
    precondition(
        padding.shape == [3 * channels] && channels % heads == 0,
        "grid attention of \(qkv.shape), padding \(padding.shape)")
    precondition(
        positions.map { $0.gridHeight == tall && $0.gridWidth == wide } ?? true,
        "relative positions of a \(positions?.gridHeight ?? 0) × \(positions?.gridWidth ?? 0) grid "
            + "for one of \(tall) × \(wide)"
    )
    precondition(
        biases.map { $0.heads == heads && $0.side == tall && $0.side == wide && positions == nil } ?? true,
        "biases of \(biases?.heads ?? 0) heads and windows of \(biases?.side ?? 0)"
            + " for \(heads) heads and \(tall) × \(wide)")
    let d = channels / heads
    precondition(
        positions.map { $0.packed.precision == RelativePositions.precision(of: precision, channels: d) }
            ?? true,
        "relative positions packed for another precision than \(precision)")
    let (down, across) = ((height + tall - 1) / tall, (width + wide - 1) / wide)
    let windows = batch * down * across
    return qkv.withValues { source in
        padding.withValues { padding in
            Tensor(uninitialized: [batch, height, width, channels]) { target in
                guard let source = source.baseAddress, let padding = padding.baseAddress,
                    let out = target.baseAddress
                else { return }
                let plan = AttentionPlan(
                    groups: windows * heads, queries: tall * wide, keys: tall * wide, channels: d,
                    positions: positions, biases: biases,
                    precision: precision)
                plan.run { group in
                    let (place, head) = (group / heads, group % heads)
                    let top = place / across % down * tall
                    let left = place % across * wide
                    let first = place / (across * down) * height
                    var rows = AttentionRows(capacity: tall * wide)
                    rows.biases = biases?.rows(of: head)
                    for r in 0..<tall {
                        for c in 0..<wide {
                            guard top + r < height, left + c < width else {
                                rows.keys.append(padding + channels + head * d)
                                rows.values.append(padding + 2 * channels + head * d)
                                continue
                            }
                            let cell = (first + top + r) * width + left + c
                            let at = source + cell * 3 * channels + head * d
                            rows.queries.append(at)
                            rows.keys.append(at + channels)
                            rows.values.append(at + 2 * channels)
                            rows.output.append(out + cell * channels + head * d)
                            rows.positions.append(Int32(r * wide + c))
                        }
                    }
                    return rows
                }
            }
        }
    }
}
