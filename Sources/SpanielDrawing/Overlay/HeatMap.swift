public import SpanielImaging

/// Draws a map of numbers, such as similarities, as colours over a picture.
public enum HeatMap {
    /// Blends a coarse map over a picture, enlarged bilinearly; NaN counts as the lowest number.
    ///
    /// - Parameters:
    ///   - values: the numbers, [rows, columns], row after row; a wrong count traps.
    ///   - columns: the number of cells in a row.
    ///   - rows: the number of rows.
    ///   - region: the part of the map that covers the picture, x1, y1, x2, y2 in cells; nil takes all of it.
    ///   - range: the numbers of the first and the last colour; nil takes the least and the greatest.
    ///   - picture: the picture underneath.
    ///   - opacity: the opacity of the highest number, 0…1; the lowest has half of it.
    public static func overlay(
        _ values: [Float], columns: Int, rows: Int, region: Box? = nil, range: ClosedRange<Float>? = nil,
        on picture: Picture,
        opacity: Float = 0.75
    ) -> Picture {
        precondition(
            columns > 0 && rows > 0 && values.count == columns * rows,
            "HeatMap: \(values.count) values for \(columns)×\(rows) cells")
        let region = region ?? Box(x1: 0, y1: 0, x2: Double(columns), y2: Double(rows))
        let finite = values.filter(\.isFinite)
        let range = range ?? (finite.min() ?? 0)...(finite.max() ?? 0)
        let scale = range.upperBound > range.lowerBound ? 1 / (range.upperBound - range.lowerBound) : 0
        let shares = values.map { $0.isNaN ? 0 : min(1, max(0, ($0 - range.lowerBound) * scale)) }
        let ramp = (0...255).map { color(Float($0) / 255) }
        let across = (0..<picture.width).map {
            Step($0, of: picture.width, from: region.x1, to: region.x2, count: columns)
        }
        let strength = 255 * min(1, max(0, opacity))
        var canvas = Canvas(picture)
        for y in 0..<picture.height {
            let down = Step(y, of: picture.height, from: region.y1, to: region.y2, count: rows)
            let (upper, lower) = (down.first * columns, down.second * columns)
            for (x, step) in across.enumerated() {
                let top =
                    shares[upper + step.first] * (1 - step.share) + shares[upper + step.second] * step.share
                let bottom =
                    shares[lower + step.first] * (1 - step.share) + shares[lower + step.second] * step.share
                let share = top * (1 - down.share) + bottom * down.share
                canvas.paint(
                    x, y, ramp[Int(share * 255 + 0.5)], opacity: Int(strength * (0.5 + 0.5 * share) + 0.5))
            }
        }
        return canvas.picture
    }

    /// Returns a colour from dark violet at 0 over red and orange to pale yellow at 1, with evenly growing
    /// lightness (matplotlib's "inferno", CC0).
    public static func color(_ share: Float) -> Palette.Color {
        let position = (share.isNaN ? 0 : min(1, max(0, share))) * Float(stops.count - 1)
        let first = min(stops.count - 2, Int(position))
        return stops[first].mixed(with: stops[first + 1], position - Float(first))
    }

    private static let stops = [
        0x000004, 0x1B0C41, 0x4A0C6B, 0x781C6D, 0xA52C60, 0xCF4446, 0xED6925, 0xFB9B06, 0xF7D13D, 0xFCFFA4,
    ].map { Palette.Color($0) }

    /// The two cells that a pixel lies between, and the weight of the second.
    private struct Step {
        let first: Int
        let second: Int
        let share: Float

        init(_ pixel: Int, of pixels: Int, from low: Double, to high: Double, count: Int) {
            let position = low + (Double(pixel) + 0.5) / Double(pixels) * (high - low) - 0.5
            let inside = min(Double(count - 1), max(0, position))
            first = Int(inside)
            second = min(count - 1, first + 1)
            share = Float(inside - Double(first))
        }
    }
}
