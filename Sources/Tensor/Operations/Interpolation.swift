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

    /// Interpolates bicubically between cell centres, and repeats the edge beyond the outer ones, as
    /// PyTorch's `interpolate` does with `align_corners=False` and no antialias (a = -0.75). It resizes a
    /// ViT's positions to another grid, in the calling thread.
    /// - Returns: [h, w, C] of [H, W, C].
    public func interpolatedBicubic(height: Int, width: Int) -> Tensor {
        precondition(shape.rank == 3, "bicubic interpolation of \(shape)")
        let channels = shape[2]
        let rows = Self.cubicTaps(from: shape[0], to: height)
        let columns = Self.cubicTaps(from: shape[1], to: width)
        let stride = shape[1] * channels
        return withValues { source in
            Tensor(uninitialized: [height, width, channels]) { target in
                var place = 0
                for row in rows {
                    for column in columns {
                        for c in 0..<channels {
                            var sum: Float = 0
                            for (y, down) in row {
                                var across: Float = 0
                                for (x, weight) in column {
                                    across += weight * source[y * stride + x * channels + c]
                                }
                                sum += down * across
                            }
                            target[place] = sum
                            place += 1
                        }
                    }
                }
            }
        }
    }

    /// Returns the four neighbours of each output position along one axis, with their weights (Keys 1981).
    private static func cubicTaps(from: Int, to: Int) -> [[(index: Int, weight: Float)]] {
        let a: Float = -0.75
        let scale = Float(from) / Float(to)
        func near(_ x: Float) -> Float { ((a + 2) * x - (a + 3)) * x * x + 1 }
        func far(_ x: Float) -> Float { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
        return (0..<to).map { i in
            let position = (Float(i) + 0.5) * scale - 0.5
            let floor = position.rounded(.down)
            let t = position - floor
            let weights = [far(t + 1), near(t), near(1 - t), far(2 - t)]
            return weights.indices.map { (max(0, min(from - 1, Int(floor) - 1 + $0)), weights[$0]) }
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
