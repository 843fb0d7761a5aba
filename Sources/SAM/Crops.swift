package import SpanielImaging

extension SAM {
    /// A part of a picture that the automatic mask generator searches by itself, in whole pixels.
    package struct Crop: Sendable, Hashable {
        /// The columns of the picture.
        package let x: Range<Int>
        /// The rows of the picture.
        package let y: Range<Int>
        /// The layer: 0 is the whole picture, 1 its quarters, and so on.
        package let layer: Int

        package var size: Size { Size(width: x.count, height: y.count) }
        var box: Box {
            Box(
                x1: Double(x.lowerBound), y1: Double(y.lowerBound), x2: Double(x.upperBound),
                y2: Double(y.upperBound))
        }

        /// Returns the whole picture, then for layer i a grid of 2ⁱ by 2ⁱ overlapping crops, column by column
        /// as in segment-anything.
        /// - Parameter overlap: the overlap of crops in the first layer, as a share of the picture's shorter
        ///   side; it halves with each layer.
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

        /// Returns a grid of points, row by row, in pixels of the crop.
        package func points(perSide count: Int) -> [Point] {
            (0..<count * count).map { i in
                Point(
                    x: (Double(i % count) + 0.5) / Double(count) * Double(size.width),
                    y: (Double(i / count) + 0.5) / Double(count) * Double(size.height))
            }
        }

        /// Returns the crop's pixels.
        package func picture(of picture: Picture) -> Picture {
            picture.cropped(columns: x, rows: y)
        }
    }
}
