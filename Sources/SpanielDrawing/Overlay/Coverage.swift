package import SpanielImaging

/// The exact share of each pixel that a shape covers, 0…1, computed from the shape's edges.
package struct Coverage {
    package let width: Int
    package let height: Int
    /// The difference of each pixel's covered share to that of the pixel to its left.
    private var steps: [Double]
    private let stride: Int

    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
        stride = width + 2
        steps = [Double](repeating: 0, count: stride * height)
    }

    /// Adds a closed ring, whose points lie between the left and the right edge; inner rings have the
    /// opposite direction.
    package mutating func add(_ ring: [Point]) {
        guard var from = ring.last else { return }
        for to in ring {
            addEdge(from, to)
            from = to
        }
    }

    /// Returns the covered share of each pixel, row after row.
    package func values() -> [Float] {
        var result = [Float](repeating: 0, count: width * height)
        for y in 0..<height {
            var sum = 0.0
            for x in 0..<width {
                sum += steps[y * stride + x]
                result[y * width + x] = Float(min(1, abs(sum)))
            }
        }
        return result
    }

    /// Adds an edge, which covers the area to its right: a trapezium in each pixel that it crosses, and the
    /// crossed height in the pixels further right.
    private mutating func addEdge(_ a: Point, _ b: Point) {
        guard a.y != b.y else { return }
        let (top, bottom, sign) = a.y < b.y ? (a, b, 1.0) : (b, a, -1.0)
        let slope = (bottom.x - top.x) / (bottom.y - top.y)
        for y in max(0, Int(top.y.rounded(.down)))..<max(0, min(height, Int(bottom.y.rounded(.up)))) {
            let (high, low) = (max(top.y, Double(y)), min(bottom.y, Double(y + 1)))
            guard high < low else { continue }
            let (x1, x2) = (clamped(top.x + (high - top.y) * slope), clamped(top.x + (low - top.y) * slope))
            let (left, right) = (min(x1, x2), max(x1, x2))
            for x in Int(left)...Int(right) {
                let (start, end) = (max(left, Double(x)), min(right, Double(x + 1)))
                let part = right > left ? (end - start) / (right - left) : 1
                let height = sign * (low - high) * part
                let uncovered = (start + end) / 2 - Double(x)
                steps[y * stride + x] += height * (1 - uncovered)
                steps[y * stride + x + 1] += height * uncovered
            }
        }
    }

    private func clamped(_ x: Double) -> Double { min(Double(width), max(0, x)) }
}
