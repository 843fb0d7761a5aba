package import Tensor
package import Testing

/// How far apart two lists of numbers are: the largest difference, and the largest magnitude of the second.
package func largestDifference(_ found: [Float], _ expected: [Float]) -> (difference: Float, magnitude: Float)
{
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

/// Checks shape and values; the tolerance is a part of the largest expected value.
///
/// The default allows for sums of up to a few hundred float32 products in another order.
package func expectClose(
    _ found: Tensor, _ expected: Tensor, _ what: String, tolerance: Float = 1e-5,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard found.shape == expected.shape else {
        Issue.record("\(what) is \(found.shape), expected \(expected.shape)", sourceLocation: sourceLocation)
        return
    }
    let (difference, magnitude) = largestDifference(found.array, expected.array)
    if !(difference <= tolerance * magnitude) {
        Issue.record("\(what): differs by \(difference), of \(magnitude)", sourceLocation: sourceLocation)
    }
}
