extension Tensor {
    /// The mean features of the middle two thirds of a grid, and of all of it: [h, w, C] becomes [2 C].
    package var middleAndWhole: Tensor {
        Tensor.concatenated(
            [middle.mean(axis: 0), reshaped([shape[0] * shape[1], shape[2]]).mean(axis: 0)], axis: 0)
    }

    /// The standard deviation of the features of the middle two thirds of a grid: [h, w, C] becomes [C].
    package var middleDeviation: Tensor {
        let middle = middle
        let mean = middle.mean(axis: 0)
        let variance = (middle * middle).mean(axis: 0) - mean * mean
        return Tensor(variance.array.map { max(0, $0).squareRoot() }, [shape[2]])
    }

    /// The middle two thirds of a grid each way, all of it where it is small, [n, C].
    private var middle: Tensor {
        func inner(_ count: Int) -> Range<Int> {
            let edge = (count + 3) / 6
            return 2 * edge < count ? edge..<count - edge : 0..<count
        }
        let (rows, columns) = (inner(shape[0]), inner(shape[1]))
        return Tensor.concatenated(rows.map { self[leading: $0][leading: columns] }, axis: 0)
    }
}
