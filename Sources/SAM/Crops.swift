package import SpanielImaging

extension SAM {
    /// A part of a picture that the automatic mask generator looks at by itself, in whole pixels.
    package struct Crop: Sendable, Hashable {
        package let x: Range<Int>
        package let y: Range<Int>
        /// 0 is the whole picture, 1 its quarters, and so on.
        package let layer: Int

        package var size: Size { Size(width: x.count, height: y.count) }
        var box: Box {
            Box(
                x1: Double(x.lowerBound), y1: Double(y.lowerBound), x2: Double(x.upperBound),
                y2: Double(y.upperBound))
        }

        /// The whole picture, then for layer i a grid of 2ⁱ by 2ⁱ crops that overlap, column by column as in
        /// the original.
        /// - Parameter overlap: what crops of the first layer share, as a part of the picture's shorter side;
        ///   half as much in the next.
        package static func all(of size: Size, layers: Int, overlap: Double) -> [Crop] {
            var crops = [Crop(x: 0..<size.width, y: 0..<size.height, layer: 0)]
            for layer in stride(from: 1, through: layers, by: 1) {
                let count = 1 << layer
                let shared = Int(overlap * Double(min(size.width, size.height)) * (2 / Double(count)))
                func parts(_ length: Int) -> [Range<Int>] {
                    let part = (shared * (count - 1) + length + count - 1) / count
                    return (0..<count).map {
                        min(length, (part - shared) * $0)..<min(length, (part - shared) * $0 + part)
                    }
                }
                for x in parts(size.width) {
                    for y in parts(size.height) where !x.isEmpty && !y.isEmpty {
                        crops.append(Crop(x: x, y: y, layer: layer))
                    }
                }
            }
            return crops
        }

        /// A grid of points, row by row, in pixels of the crop.
        package func points(perSide count: Int) -> [Point] {
            (0..<count * count).map { i in
                Point(
                    x: (Double(i % count) + 0.5) / Double(count) * Double(size.width),
                    y: (Double(i / count) + 0.5) / Double(count) * Double(size.height))
            }
        }

        /// The crop's own pixels.
        package func picture(of picture: Picture) -> Picture {
            picture.cropped(columns: x, rows: y)
        }
    }
}
