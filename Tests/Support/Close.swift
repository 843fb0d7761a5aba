import Tensor

/// How far apart two lists of numbers are: the largest difference, and the largest magnitude of the second.
package func largestDifference(_ found: [Float], _ expected: [Float]) -> (difference: Float, magnitude: Float) {
    precondition(found.count == expected.count, "\(found.count) numbers against \(expected.count)")
    var difference: Float = 0
    var magnitude: Float = 0
    for (a, b) in zip(found, expected) {
        difference = max(difference, a == b ? 0 : abs(a - b))
        if (a - b).isNaN && !(a.isNaN && b.isNaN) { difference = .infinity }
        magnitude = max(magnitude, abs(b))
    }
    return (difference, magnitude)
}
