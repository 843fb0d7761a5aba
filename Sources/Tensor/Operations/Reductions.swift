extension Tensor {
    /// Returns the sum of all elements, added up in double precision.
    public func sum() -> Float { Float(doubleSum()) }

    /// Returns the mean of all elements, added up in double precision; NaN if there are none.
    public func mean() -> Float { Float(doubleSum() / Double(count)) }

    /// Returns the largest element, or -∞ if there are none.
    public func maximum() -> Float { withValues { $0.max() ?? -.infinity } }
    /// Returns the smallest element, or ∞ if there are none.
    public func minimum() -> Float { withValues { $0.min() ?? .infinity } }

    /// Returns the row-major index of the largest element, the first of equals; there must be one.
    public func argmax() -> Int { withValues { values in first(of: values) { $0 > $1 } } }

    /// Returns the row-major index of the smallest element, the first of equals; there must be one.
    public func argmin() -> Int { withValues { values in first(of: values) { $0 < $1 } } }

    /// Returns the standard deviation with the divisor N - 1, as PyTorch's `std` does.
    public func standardDeviation() -> Float {
        let mean = doubleSum() / Double(count)
        let squares = withValues { $0.reduce(into: 0.0) { $0 += (Double($1) - mean) * (Double($1) - mean) } }
        return Float((squares / Double(count - 1)).squareRoot())
    }

    /// Returns the means along one axis, without that axis; a negative axis counts from the last.
    public func mean(axis: Int) -> Tensor {
        let axis = axis < 0 ? axis + shape.rank : axis
        let outer = shape.extents[..<axis].reduce(1, *)
        let length = shape[axis]
        let inner = shape.extents[(axis + 1)...].reduce(1, *)
        let remaining = Shape(Array(shape.extents[..<axis] + shape.extents[(axis + 1)...]))
        return withValues { values in
            Tensor(uninitialized: remaining) { target in
                for o in 0..<outer {
                    for i in 0..<inner {
                        var sum = 0.0
                        for l in 0..<length { sum += Double(values[(o * length + l) * inner + i]) }
                        target[o * inner + i] = Float(sum / Double(length))
                    }
                }
            }
        }
    }

    /// Returns each row of the last axis divided by its Euclidean length; a row of zeros stays as it is.
    public func l2Normalized() -> Tensor {
        let channels = shape[-1]
        return withValues { values in
            Tensor(uninitialized: shape) { target in
                for row in 0..<(channels == 0 ? 0 : values.count / channels) {
                    var squares = 0.0
                    for c in 0..<channels {
                        squares += Double(values[row * channels + c]) * Double(values[row * channels + c])
                    }
                    let scale = squares > 0 ? Float(1 / squares.squareRoot()) : 0
                    for c in 0..<channels { target[row * channels + c] = values[row * channels + c] * scale }
                }
            }
        }
    }

    /// Returns the sum of the products of two tensors of the same shape, added up in double precision.
    public func dot(_ other: Tensor) -> Float {
        precondition(shape == other.shape, "dot of \(shape) and \(other.shape)")
        return withValues { a in
            other.withValues { b in Float(zip(a, b).reduce(into: 0.0) { $0 += Double($1.0) * Double($1.1) }) }
        }
    }

    private func doubleSum() -> Double { withValues { $0.reduce(into: 0.0) { $0 += Double($1) } } }

    private func first(of values: UnsafeBufferPointer<Float>, _ better: (Float, Float) -> Bool) -> Int {
        precondition(!values.isEmpty, "no element in \(shape)")
        var best = 0
        for i in values.indices where better(values[i], values[best]) { best = i }
        return best
    }
}
