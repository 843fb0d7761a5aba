package import SpanielImaging
package import Tensor

extension ViT {
    /// Turns a picture into an encoder's input as transformers' Pillow processors do:
    ///
    ///     (crop(resize(picture)) · factor - mean) / deviation
    ///
    /// If the crop is larger than the resized picture, the rest is filled with black before normalising.
    package struct Preprocessing: Sendable {
        /// The way a picture is resized.
        package enum Resizing: Sendable, Equatable {
            /// Both sides become what is asked for; the proportions may change.
            case squash(Size)
            /// The shorter side becomes a length; the longer one follows in proportion.
            case shortestEdge(Int)
        }

        package let resizing: Resizing
        /// The size of the part that is cut from the middle of the resized picture; nil cuts nothing.
        package let crop: Size?
        package let filter: ResizeFilter
        /// The factor for the 256 values; nil multiplies by nothing.
        package let factor: Double?
        package let mean: [Double]
        package let deviation: [Double]
        /// The size of the input.
        package let output: Size
        /// The result for each of the 256 values in each channel, computed once with the steps and roundings
        /// of the processor.
        private let table: [Float]

        package static let half = [0.5, 0.5, 0.5]
        package static let imageNetMean = [0.485, 0.456, 0.406]
        package static let imageNetDeviation = [0.229, 0.224, 0.225]
        package static let openAIMean = [0.48145466, 0.4578275, 0.40821073]
        package static let openAIDeviation = [0.26862954, 0.26130258, 0.27577711]

        /// - Precondition: `.shortestEdge` comes with a crop.
        package init(
            _ resizing: Resizing, crop: Size? = nil, filter: ResizeFilter, factor: Double? = 1 / 255,
            mean: [Double], deviation: [Double]
        ) {
            switch (resizing, crop) {
            case (_, let crop?): output = crop
            case (.squash(let size), nil): output = size
            case (.shortestEdge, nil):
                preconditionFailure("the shortest edge alone gives pictures of any size")
            }
            self.resizing = resizing
            self.crop = crop
            self.filter = filter
            self.factor = factor
            self.mean = mean
            self.deviation = deviation
            table = zip(mean, deviation).flatMap { mean, deviation in
                (0...255).map { (Float(Double($0) * (factor ?? 1)) - Float(mean)) / Float(deviation) }
            }
        }

        /// Resizes, crops and normalises a picture.
        /// - Returns: [1, H, W, 3].
        package func callAsFunction(_ picture: Picture) -> Tensor {
            let size = resizedSize(of: picture.size)
            // The cut begins here in the resized picture, rounded down; negative if the cut is larger.
            let left = (size.width - output.width) >> 1
            let top = (size.height - output.height) >> 1
            let columns = max(left, 0)..<min(left + output.width, size.width)
            let rows = max(top, 0)..<min(top + output.height, size.height)
            let part = picture.resized(to: size, filter: filter, columns: columns, rows: rows)
            var values: [Float] = []
            values.reserveCapacity(output.width * output.height * 3)
            let black = [table[0], table[256], table[512]]
            func fill(_ count: Int) { for _ in 0..<count { values += black } }
            for y in top..<top + output.height {
                guard rows.contains(y) else {
                    fill(output.width)
                    continue
                }
                fill(columns.lowerBound - left)
                let start = (y - rows.lowerBound) * columns.count * 3
                for i in stride(from: start, to: start + columns.count * 3, by: 3) {
                    values.append(table[Int(part.pixels[i])])
                    values.append(table[256 + Int(part.pixels[i + 1])])
                    values.append(table[512 + Int(part.pixels[i + 2])])
                }
                fill(left + output.width - columns.upperBound)
            }
            return Tensor(values, [1, output.height, output.width, 3])
        }

        package func resizedSize(of size: Size) -> Size {
            switch resizing {
            case .squash(let size): return size
            case .shortestEdge(let short):
                let ratio =
                    (Double(short * max(size.width, size.height)) / Double(min(size.width, size.height)))
                return size.width <= size.height
                    ? Size(width: short, height: Int(ratio)) : Size(width: Int(ratio), height: short)
            }
        }

        /// A line that says what this does: encodings whose preprocessings have the same key were made from
        /// the same numbers.
        package var key: String {
            "\(resizing) crop \(crop.map { "\($0)" } ?? "none") \(filter) · \(factor ?? 1) - \(mean) / \(deviation)"
        }
    }
}
