extension Tensor {
    /// Returns a copy with the axes in another order: axis `i` of the result is axis `axes[i]` of this
    /// tensor.
    public func transposed(_ axes: [Int]) -> Tensor {
        precondition(axes.sorted() == Array(0..<shape.rank), "\(axes) is no order of the axes of \(shape)")
        var strides = [Int](repeating: 1, count: shape.rank)
        for axis in stride(from: shape.rank - 2, through: 0, by: -1) {
            strides[axis] = strides[axis + 1] * shape[axis + 1]
        }
        let extents = axes.map { shape[$0] }
        let steps = axes.map { strides[$0] }
        return Profile.timed("transpose \(shape)") { transposed(to: extents, steps: steps) }
    }

    private func transposed(to extents: [Int], steps: [Int]) -> Tensor {
        withValues { values in
            Tensor(uninitialized: Shape(extents)) { target in
                guard let last = extents.last else { return target[0] = values[0] }
                guard target.count > 0, let from = values.baseAddress, let out = target.baseAddress else {
                    return
                }
                let lastStep = steps[steps.count - 1]
                var position = [Int](repeating: 0, count: extents.count)
                var source = 0
                var place = 0
                while place < target.count {
                    if lastStep == 1 {
                        (out + place).update(from: from + source, count: last)
                    } else {
                        for i in 0..<last { out[place + i] = from[source + i * lastStep] }
                    }
                    place += last
                    // Go to the next row: count the outer axes up, the last of them fastest.
                    for axis in stride(from: extents.count - 2, through: 0, by: -1) {
                        position[axis] += 1
                        source += steps[axis]
                        if position[axis] < extents[axis] { break }
                        source -= steps[axis] * extents[axis]
                        position[axis] = 0
                    }
                }
            }
        }
    }

    /// Joins tensors one after another along an axis; all other extents agree, and a negative axis counts
    /// from the last.
    public static func concatenated(_ parts: [Tensor], axis: Int) -> Tensor {
        precondition(!parts.isEmpty, "nothing to concatenate")
        let first = parts[0].shape
        let axis = axis < 0 ? axis + first.rank : axis
        var extents = first.extents
        extents[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
        for part in parts {
            var other = part.shape.extents
            other[axis] = first[axis]
            precondition(
                other == first.extents, "\(first) and \(part.shape) do not concatenate along axis \(axis)")
        }
        let outer = extents[..<axis].reduce(1, *)
        let whole = extents[axis...].reduce(1, *)
        return Profile.timed("concatenation \(Shape(extents))") {
            Tensor(uninitialized: Shape(extents)) { target in
                var start = 0
                for part in parts {
                    let run = part.shape.extents[axis...].reduce(1, *)
                    part.withValues { values in
                        guard let from = values.baseAddress, let out = target.baseAddress else { return }
                        for o in 0..<outer {
                            (out + o * whole + start).update(from: from + o * run, count: run)
                        }
                    }
                    start += run
                }
            }
        }
    }

    /// Joins tensors of the same shape along a new leading axis.
    public static func stack(_ parts: [Tensor]) -> Tensor {
        concatenated(parts.map { $0.reshaped(Shape([1] + $0.shape.extents)) }, axis: 0)
    }

    /// Returns a copy that repeats this tensor `count` times along a new leading axis.
    public func repeated(_ count: Int) -> Tensor {
        withValues { values in
            Tensor(uninitialized: Shape([count] + shape.extents)) { target in
                guard let from = values.baseAddress, let out = target.baseAddress else { return }
                for r in 0..<count { (out + r * values.count).update(from: from, count: values.count) }
            }
        }
    }

    /// Returns a copy of a range of the last axis.
    public func lastAxis(_ range: Range<Int>) -> Tensor {
        let channels = shape[-1]
        precondition(
            range.lowerBound >= 0 && range.upperBound <= channels, "\(range) of the last axis of \(shape)")
        let rows = shape.extents.dropLast().reduce(1, *)
        return withValues { values in
            Tensor(uninitialized: Shape(shape.extents.dropLast() + [range.count])) { target in
                guard let from = values.baseAddress, let out = target.baseAddress else { return }
                for r in 0..<rows {
                    (out + r * range.count).update(
                        from: from + r * channels + range.lowerBound, count: range.count)
                }
            }
        }
    }
}
