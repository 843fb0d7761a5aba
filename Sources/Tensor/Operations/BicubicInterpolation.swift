// What resizes a ViT's positions to another grid.
extension Tensor {
    /// Interpolates bicubically between cell centres as PyTorch's `interpolate` does with
    /// `align_corners=False` (Keys 1981).
    ///
    /// - Parameters:
    ///   - height: the rows of the result.
    ///   - width: the columns of the result.
    ///   - antialias: whether the kernel widens when the grid shrinks. PyTorch then takes a = -0.5 for -0.75
    ///     and leaves out what lies beyond the edge instead of repeating it, when growing too.
    /// - Returns: [h, w, C] of [H, W, C], computed in the calling thread.
    public func interpolatedBicubic(height: Int, width: Int, antialias: Bool = false) -> Tensor {
        precondition(shape.rank == 3, "bicubic interpolation of \(shape)")
        let taps = antialias ? Self.antialiasedTaps : Self.cubicTaps
        let channels = shape[2]
        let across = mixed(lines: shape[0], run: channels, taps(shape[1], width))
        return across.mixed(lines: 1, run: width * channels, taps(shape[0], height))
            .reshaped([height, width, channels])
    }

    /// The inputs of an output position along one axis, with their weights.
    private typealias Taps = [(index: Int, weight: Float)]

    /// Computes weighted sums along one axis, of runs of numbers that lie side by side.
    /// - Returns: [lines, positions, run] of [lines, inputs, run].
    private func mixed(lines: Int, run: Int, _ positions: [Taps]) -> Tensor {
        withValues { values in
            Tensor(uninitialized: [lines, positions.count, run]) { target in
                guard let source = values.baseAddress, var place = target.baseAddress else { return }
                target.update(repeating: 0)
                for line in 0..<lines {
                    let start = source + line * (values.count / lines)
                    for taps in positions {
                        for (index, weight) in taps {
                            let from = start + index * run
                            for i in 0..<run { place[i] += weight * from[i] }
                        }
                        place += run
                    }
                }
            }
        }
    }

    /// The cubic of Keys at a distance of at most 1, and at one from 1 to 2.
    private static func near(_ x: Float, _ a: Float) -> Float { ((a + 2) * x - (a + 3)) * x * x + 1 }
    private static func far(_ x: Float, _ a: Float) -> Float { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }

    /// Returns the four neighbours of each output position.
    private static func cubicTaps(from: Int, to: Int) -> [Taps] {
        let a: Float = -0.75
        let scale = Float(from) / Float(to)
        return (0..<to).map { i in
            let position = (Float(i) + 0.5) * scale - 0.5
            let floor = position.rounded(.down)
            let t = position - floor
            let weights = [far(t + 1, a), near(t, a), near(1 - t, a), far(2 - t, a)]
            return weights.indices.map { (max(0, min(from - 1, Int(floor) - 1 + $0)), weights[$0]) }
        }
    }

    /// Returns the inputs below the widened kernel; their weights add up to 1.
    private static func antialiasedTaps(from: Int, to: Int) -> [Taps] {
        let a: Float = -0.5
        let scale = Float(from) / Float(to)
        let stretch = max(scale, 1)
        let inverse = 1 / stretch
        return (0..<to).map { i in
            let center = scale * (Float(i) + 0.5)
            let first = max(Int(center - 2 * stretch + 0.5), 0)
            let last = min(Int(center + 2 * stretch + 0.5), from)
            let weights = (first..<max(first, last)).map { index in
                let x = abs((Float(index) - center + 0.5) * inverse)
                return x < 1 ? near(x, a) : x < 2 ? far(x, a) : 0
            }
            let total = weights.reduce(0, +)
            return weights.indices.map { (first + $0, weights[$0] / total) }
        }
    }
}
