extension Tensor {
    /// Interpolates bilinearly between cell centres, and repeats the edge beyond the outer ones, as PyTorch's
    /// `interpolate` does with `align_corners=False` and no antialias.
    /// - Returns: [h, w] of [H, W], or [h, w, C] of [H, W, C].
    public func interpolatedBilinear(height: Int, width: Int) -> Tensor {
        precondition(shape.rank == 2 || shape.rank == 3, "bilinear interpolation of \(shape)")
        let channels = shape.rank == 3 ? shape[2] : 1
        let rows = Self.linearTaps(from: shape[0], to: height)
        let columns = Self.linearTaps(from: shape[1], to: width)
        let stride = shape[1] * channels
        return withValues { values in
            Tensor(uninitialized: Shape([height, width] + shape.extents.dropFirst(2))) { target in
                guard let source = values.baseAddress, let out = target.baseAddress else { return }
                Parallel.blocks(of: height, max(1, 16384 / max(1, width * channels))) { range in
                    for y in range {
                        let (above, below) = (
                            source + rows[y].first * stride, source + rows[y].second * stride
                        )
                        let down = rows[y].weight
                        var place = out + y * width * channels
                        for column in columns {
                            let (left, right, along) = (
                                column.first * channels, column.second * channels, column.weight
                            )
                            for c in 0..<channels {
                                let upper = (1 - along) * above[left + c] + along * above[right + c]
                                let lower = (1 - along) * below[left + c] + along * below[right + c]
                                place[c] = (1 - down) * upper + down * lower
                            }
                            place += channels
                        }
                    }
                }
            }
        }
    }

    /// Returns the two neighbours of each output position along one axis, and the weight of the second.
    package static func linearTaps(from: Int, to: Int) -> [(first: Int, second: Int, weight: Float)] {
        let scale = Float(from) / Float(to)
        return (0..<to).map { i in
            let position = max(0, (Float(i) + 0.5) * scale - 0.5)
            let first = min(Int(position), from - 1)
            return (first, min(first + 1, from - 1), position - Float(first))
        }
    }
}
