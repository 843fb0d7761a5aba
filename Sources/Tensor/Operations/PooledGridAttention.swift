/// Returns attention among the cells of a grid's windows whose queries are the maxima of each 2 × 2 cells
/// (Hiera's pooling attention), read in place as `gridAttention` does.
///
///     softmax(Pool(q) kᵀ / √d) v
///
/// A window that reaches over the grid's edge is filled up with cells whose key and value are the bias alone.
/// - Parameters:
///   - qkv: [B, H, W, 3C], queries, keys and values of each cell side by side; H and W are even.
///   - heads: the number of parts that C is cut into; d = C / heads.
///   - window: the side of a window in cells, even; nil for the whole grid.
///   - padding: [3C], the qkv of a cell outside the grid.
///   - precision: of both products.
/// - Returns: [B, H / 2, W / 2, C]
public func pooledGridAttention(
    _ qkv: Tensor, heads: Int, window: Int?, padding: Tensor, precision: Tensor.Precision = .float32
) -> Tensor {
    let (batch, height, width, channels) = (qkv.shape[0], qkv.shape[1], qkv.shape[2], qkv.shape[3] / 3)
    let (tall, wide) = (window ?? height, window ?? width)
    precondition(
        padding.shape == [3 * channels] && channels % heads == 0 && height % 2 == 0 && width % 2 == 0
            && tall % 2 == 0 && wide % 2 == 0,
        "pooled grid attention of \(qkv.shape) in windows of \(tall) × \(wide), padding \(padding.shape)")
    let d = channels / heads
    let (down, across) = ((height + tall - 1) / tall, (width + wide - 1) / wide)
    let queries = qkv.maximumPooled(side: 2, channels: 0..<channels)
    return qkv.withValues { source in
        padding.withValues { padding in
            queries.withValues { queries in
                Tensor(uninitialized: [batch, height / 2, width / 2, channels]) { target in
                    guard let source = source.baseAddress, let padding = padding.baseAddress,
                        let queries = queries.baseAddress, let out = target.baseAddress
                    else { return }
                    let plan = AttentionPlan(
                        groups: batch * down * across * heads, queries: tall / 2 * (wide / 2),
                        keys: tall * wide, channels: d, precision: precision)
                    plan.run { group in
                        let (place, head) = (group / heads, group % heads)
                        let top = place / across % down * tall
                        let left = place % across * wide
                        let picture = place / (across * down)
                        var rows = AttentionRows(capacity: tall * wide)
                        for r in top..<top + tall {
                            for c in left..<left + wide {
                                guard r < height, c < width else {
                                    rows.keys.append(padding + channels + head * d)
                                    rows.values.append(padding + 2 * channels + head * d)
                                    continue
                                }
                                let cell = (picture * height + r) * width + c
                                let at = source + cell * 3 * channels + head * d
                                rows.keys.append(at + channels)
                                rows.values.append(at + 2 * channels)
                                if r % 2 == 0, c % 2 == 0 {
                                    let pooled = (picture * height / 2 + r / 2) * (width / 2) + c / 2
                                    rows.queries.append(queries + pooled * channels + head * d)
                                    rows.output.append(out + pooled * channels + head * d)
                                }
                            }
                        }
                        return rows
                    }
                }
            }
        }
    }
}
