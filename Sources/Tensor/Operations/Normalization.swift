import CSpanielKernels

/// (x - mean) / sqrt(variance + ε) · weight + bias over the last axis; the variance is the biased one.
/// - Parameters:
///   - x: [..., C]
///   - weight: [C]
///   - bias: [C]
public func layerNorm(_ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Float) -> Tensor {
    let channels = x.shape[-1]
    precondition(weight.shape == [channels] && bias.shape == [channels], "layer norm of \(x.shape) with \(weight.shape), \(bias.shape)")
    return rowwise("layer norm", x) { rows, channels, x, y in
        weight.withValues { weight in
            bias.withValues { bias in
                guard let weight = weight.baseAddress, let bias = bias.baseAddress else { return }
                if let kernels = Kernels.current {
                    kernels.table.layer_norm(rows, channels, x, weight, bias, epsilon, y)
                } else {
                    Reference.layerNorm(rows: rows, channels: channels, x: x, weight: weight, bias: bias, epsilon: epsilon, y: y)
                }
            }
        }
    }
}

/// eˣ over the sum of eˣ along the last axis.
public func softmax(_ x: Tensor) -> Tensor {
    rowwise("softmax", x) { rows, columns, x, y in
        if let kernels = Kernels.current {
            kernels.table.softmax(rows, columns, x, y)
        } else {
            Reference.softmax(rows: rows, columns: columns, x: x, y: y)
        }
    }
}

/// Runs a function over blocks of rows of the last axis.
private func rowwise(
    _ name: StaticString, _ x: Tensor,
    _ body: (_ rows: Int, _ columns: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) -> Void
) -> Tensor {
    let columns = x.shape[-1]
    return Profile.timed("\(name) \(x.shape)") {
        x.withValues { values in
            Tensor(uninitialized: x.shape) { target in
                guard let x = values.baseAddress, let y = target.baseAddress, !values.isEmpty else { return }
                Parallel.blocks(of: values.count / columns, max(1, 32768 / columns)) { range in
                    body(range.count, columns, x + range.lowerBound * columns, y + range.lowerBound * columns)
                }
            }
        }
    }
}
