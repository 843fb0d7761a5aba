/// Two successive bilinear interpolations, computed row by row, so that neither result is ever in memory as a
/// whole.
///
/// The numbers are those of `interpolatedBilinear` twice, with the first result cut to its top left part in
/// between.
package struct TwoStepInterpolation: Sendable {
    private let map: Tensor
    private let first: BilinearStep
    private let second: BilinearStep
    /// The highest value of each row of the map.
    private let maxima: [Float]
    /// Two rows of the map, stretched to the first result's width.
    private var stretched: RecentRows
    /// Two rows of the first result, stretched to the second's width.
    private var middle: RecentRows
    private var scratch: [Float]

    /// Prepares both interpolations.
    /// - Parameters:
    ///   - map: [H, W].
    ///   - size: the rows and columns of the first result.
    ///   - kept: the rows and columns of it, from the top left, that the second reads.
    ///   - final: the rows and columns of the second result.
    package init(
        _ map: Tensor, to size: (height: Int, width: Int), keeping kept: (height: Int, width: Int),
        to final: (height: Int, width: Int)
    ) {
        precondition(
            map.shape.rank == 2 && kept.height <= size.height && kept.width <= size.width,
            "two-step interpolation of \(map.shape)")
        self.map = map
        first = BilinearStep(
            rows: Array(Tensor.linearTaps(from: map.shape[0], to: size.height).prefix(kept.height)),
            columns: Array(Tensor.linearTaps(from: map.shape[1], to: size.width).prefix(kept.width)))
        second = BilinearStep(
            rows: Tensor.linearTaps(from: kept.height, to: final.height),
            columns: Tensor.linearTaps(from: kept.width, to: final.width))
        maxima = (0..<map.shape[0]).map { map[leading: $0].maximum() }
        stretched = RecentRows(width: kept.width)
        middle = RecentRows(width: final.width)
        scratch = [Float](repeating: 0, count: kept.width)
    }

    /// Writes row `y` of the second result; successive rows are computed fastest.
    package mutating func fill(_ y: Int, _ row: inout [Float]) {
        precondition(
            row.count == second.columns.count, "a row of \(row.count) for \(second.columns.count) columns")
        let taps = second.rows[y]
        let above = middleRow(taps.first, keeping: taps.second)
        let below = middleRow(taps.second, keeping: taps.first)
        BilinearStep.blend(middle.rows[above], middle.rows[below], taps.weight, into: &row)
    }

    /// Returns whether no value of row `y` can exceed `threshold`, judged by the rows of the map that it is
    /// mixed from, with a margin for rounding.
    package func isBelow(_ threshold: Float, row y: Int) -> Bool {
        let taps = second.rows[y]
        let used = first.rows[taps.first].first...first.rows[taps.second].second
        return maxima[used].allSatisfy { $0 < threshold - 1e-5 * (1 + abs(threshold)) }
    }

    /// Computes row `index` of the first result if necessary.
    /// - Returns: its index in `middle.rows`.
    private mutating func middleRow(_ index: Int, keeping other: Int) -> Int {
        let (slot, isNew) = middle.slot(index, keeping: other)
        guard isNew else { return slot }
        let taps = first.rows[index]
        let above = stretchedRow(taps.first, keeping: taps.second)
        let below = stretchedRow(taps.second, keeping: taps.first)
        BilinearStep.blend(stretched.rows[above], stretched.rows[below], taps.weight, into: &scratch)
        scratch.withUnsafeBufferPointer { BilinearStep.stretch($0, second.columns, into: &middle.rows[slot]) }
        return slot
    }

    /// Stretches row `index` of the map if necessary.
    /// - Returns: its index in `stretched.rows`.
    private mutating func stretchedRow(_ index: Int, keeping other: Int) -> Int {
        let (slot, isNew) = stretched.slot(index, keeping: other)
        guard isNew else { return slot }
        let width = map.shape[1]
        map.withValues { values in
            BilinearStep.stretch(
                UnsafeBufferPointer(rebasing: values[index * width..<(index + 1) * width]), first.columns,
                into: &stretched.rows[slot])
        }
        return slot
    }
}

/// The neighbours and weights of one bilinear interpolation, and its two halves.
private struct BilinearStep: Sendable {
    typealias Taps = [(first: Int, second: Int, weight: Float)]
    let rows: Taps
    let columns: Taps

    /// Stretches one row to another width.
    static func stretch(_ source: UnsafeBufferPointer<Float>, _ columns: Taps, into row: inout [Float]) {
        row.withUnsafeMutableBufferPointer { row in
            for (x, taps) in columns.enumerated() {
                row[x] = (1 - taps.weight) * source[taps.first] + taps.weight * source[taps.second]
            }
        }
    }

    /// Interpolates between two rows.
    static func blend(_ above: [Float], _ below: [Float], _ weight: Float, into row: inout [Float]) {
        let rest = 1 - weight
        row.withUnsafeMutableBufferPointer { row in
            above.withUnsafeBufferPointer { above in
                below.withUnsafeBufferPointer { below in
                    guard let a = above.baseAddress, let b = below.baseAddress, let out = row.baseAddress
                    else { return }
                    for x in 0..<row.count { out[x] = rest * a[x] + weight * b[x] }
                }
            }
        }
    }
}

/// The two rows computed last.
private struct RecentRows: Sendable {
    var rows: [[Float]]
    private var indices = [-1, -1]

    init(width: Int) { rows = [[Float]](repeating: [Float](repeating: 0, count: width), count: 2) }

    /// Returns the place of row `index` in `rows`, and whether it must be written first; it never replaces
    /// row `other`.
    mutating func slot(_ index: Int, keeping other: Int) -> (slot: Int, isNew: Bool) {
        if let slot = indices.firstIndex(of: index) { return (slot, false) }
        let slot = indices[0] == other ? 1 : 0
        indices[slot] = index
        return (slot, true)
    }
}
