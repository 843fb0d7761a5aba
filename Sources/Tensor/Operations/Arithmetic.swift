import CSpanielKernels

extension Tensor {
    /// Adds element by element; `b`'s shape may be a suffix of `a`'s, and `b` then repeats.
    public static func + (a: Tensor, b: Tensor) -> Tensor { combined(a, b, .add) }
    /// Subtracts element by element; `b`'s shape may be a suffix of `a`'s, and `b` then repeats.
    public static func - (a: Tensor, b: Tensor) -> Tensor { combined(a, b, .subtract) }
    /// Multiplies element by element; `b`'s shape may be a suffix of `a`'s, and `b` then repeats.
    public static func * (a: Tensor, b: Tensor) -> Tensor { combined(a, b, .multiply) }

    /// Adds a number to each element.
    public static func + (a: Tensor, b: Float) -> Tensor { a.map { $0 + b } }
    /// Subtracts a number from each element.
    public static func - (a: Tensor, b: Float) -> Tensor { a.map { $0 - b } }
    /// Multiplies each element by a number.
    public static func * (a: Tensor, b: Float) -> Tensor { a.map { $0 * b } }
    /// Divides each element by a number.
    public static func / (a: Tensor, b: Float) -> Tensor { a.map { $0 / b } }

    /// Adds element by element, in place if `a` is the only owner of its storage; `b`'s shape may be a suffix
    /// of `a`'s, and `b` then repeats.
    public static func += (a: inout Tensor, b: Tensor) {
        precondition(a.shape.extents.suffix(b.shape.rank) == b.shape.extents[...], "\(a.shape) += \(b.shape)")
        b.withValues { other in
            a.withMutableValues { values in
                guard let x = values.baseAddress, let y = other.baseAddress else { return }
                combine(.add, values.count, period: other.count, x, y, x)
            }
        }
    }

    /// Multiplies each row by a factor of its own.
    /// - Parameter factors: [N].
    /// - Returns: [N, C] of [N, C].
    package func rowsScaled(by factors: Tensor) -> Tensor {
        precondition(
            shape.rank == 2 && factors.shape == [shape[0]], "the rows of \(shape) scaled by \(factors.shape)")
        let columns = shape[1]
        return withValues { values in
            factors.withValues { factors in
                Tensor(uninitialized: shape) { target in
                    for i in values.indices { target[i] = values[i] * factors[i / columns] }
                }
            }
        }
    }

    /// Returns `transform` of each element; the calls run in the calling thread, in order.
    public func map(_ transform: (Float) -> Float) -> Tensor {
        Profile.timed("map \(shape)") {
            withValues { values in
                Tensor(uninitialized: shape) { target in
                    for i in values.indices { target[i] = transform(values[i]) }
                }
            }
        }
    }

    enum Combination: Int32 {
        case add = 0
        case subtract = 1
        case multiply = 2

        func callAsFunction(_ a: Float, _ b: Float) -> Float {
            switch self {
            case .add: a + b
            case .subtract: a - b
            case .multiply: a * b
            }
        }
    }

    private static func combined(_ a: Tensor, _ b: Tensor, _ combination: Combination) -> Tensor {
        precondition(
            a.shape.extents.suffix(b.shape.rank) == b.shape.extents[...],
            "\(a.shape) and \(b.shape) do not combine")
        return Profile.timed("\(combination) \(a.shape)") {
            a.withValues { x in
                b.withValues { y in
                    Tensor(uninitialized: a.shape) { target in
                        guard let x = x.baseAddress, let y = y.baseAddress, let z = target.baseAddress else {
                            return
                        }
                        combine(combination, target.count, period: b.count, x, y, z)
                    }
                }
            }
        }
    }

    private static func combine(
        _ combination: Combination, _ count: Int, period: Int, _ a: UnsafePointer<Float>,
        _ b: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>
    ) {
        guard count > 0, period > 0 else { return }
        guard let kernels = Kernels.current else {
            for i in 0..<count { y[i] = combination(a[i], b[i % period]) }
            return
        }
        let repeats = count / period
        if repeats == 1 {
            Parallel.blocks(of: count, 65536) { range in
                let start = range.lowerBound
                kernels.table.combine(
                    combination.rawValue, range.count, range.count, a + start, b + start, y + start)
            }
        } else {
            Parallel.blocks(of: repeats, max(1, 65536 / period)) { range in
                let start = range.lowerBound * period
                kernels.table.combine(
                    combination.rawValue, range.count * period, period, a + start, b, y + start)
            }
        }
    }
}
