import CSpanielKernels

/// Returns (x - mean) / sqrt(variance + ε) · weight + bias over the last axis, with the biased variance.
/// - Parameters:
///   - x: [..., C]
///   - weight: [C]
///   - bias: [C]
///   - epsilon: ε, added to the variance.
/// - Returns: [..., C]
public func layerNorm(_ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Float) -> Tensor {
    let channels = x.shape[-1]
    precondition(
        weight.shape == [channels] && bias.shape == [channels],
        "layer norm of \(x.shape) with \(weight.shape), \(bias.shape)")
    return rowwise("layer norm", x) { rows, channels, x, y in
        weight.withValues { weight in
            bias.withValues { bias in
                guard let weight = weight.baseAddress, let bias = bias.baseAddress else { return }
                if let kernels = Kernels.current {
                    kernels.table.layer_norm(rows, channels, x, weight, bias, epsilon, y)
                } else {
                    Reference.layerNorm(
                        rows: rows, channels: channels, x: x, weight: weight, bias: bias, epsilon: epsilon,
                        y: y)
                }
            }
        }
    }
}

/// Returns eˣ divided by the sum of eˣ along the last axis, without overflow for large x.
public func softmax(_ x: Tensor) -> Tensor {
    rowwise("softmax", x) { rows, columns, x, y in
        if let kernels = Kernels.current {
            kernels.table.softmax(rows, columns, x, y)
        } else {
            Reference.softmax(rows: rows, columns: columns, x: x, y: y)
        }
    }
}

/// Returns eˣ divided by the sum of eˣ of the same group, in rows [members][groups].
/// - Parameters:
///   - x: [..., members · groups], at most 64 members.
///   - groups: the number of softmaxes in a row.
package func softmax(_ x: Tensor, groups: Int) -> Tensor {
    let columns = x.shape[-1]
    let members = columns / groups
    precondition(
        members * groups == columns && members <= softmaxMembers, "softmax of \(x.shape) in \(groups) groups")
    let rows = x.count / max(1, columns)
    return Profile.timed("softmax \(x.shape) in \(groups) groups") {
        withExtendedLifetime(x) {
            Tensor(uninitialized: x.shape) { target in
                guard let y = target.baseAddress else { return }
                // Some rows at a time, each followed by the room that the kernel needs.
                let (block, stride) = (64, columns + softmaxSlack)
                Parallel.run((rows + block - 1) / block, scratch: block * stride) { task, scratch in
                    let range = task * block..<min(rows, (task + 1) * block)
                    for (i, row) in range.enumerated() {
                        (scratch + i * stride).update(from: x.pointer + row * columns, count: columns)
                    }
                    if let kernels = Kernels.current {
                        kernels.table.softmax_across(range.count, members, groups, scratch, stride)
                    } else {
                        Reference.softmaxAcross(
                            rows: range.count, members: members, groups: groups, x: scratch, ldx: stride)
                    }
                    for (i, row) in range.enumerated() {
                        (y + row * columns).update(from: scratch + i * stride, count: columns)
                    }
                }
            }
        }
    }
}

/// The most members of a group.
let softmaxMembers = Int(SPANIEL_SOFTMAX_MEMBERS)
/// The number of floats behind a row that the kernel may read and overwrite.
let softmaxSlack = Int(SPANIEL_SOFTMAX_SLACK)

/// Runs a function over blocks of rows of the last axis.
private func rowwise(
    _ name: String, _ x: Tensor,
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
