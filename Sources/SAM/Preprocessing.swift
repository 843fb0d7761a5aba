package import SpanielPlatform
package import SpanielImaging
package import Tensor

extension SAM {
    /// Computes the image encoder's input from a picture, as transformers' Pillow processor does:
    ///
    ///     pad(((resize(picture) · factor) - mean) / deviation)
    ///
    /// Padding comes last, so that the input is zero outside the picture.
    package struct Preprocessing: Sendable {
        /// The longer side of the scaled picture, in pixels.
        package let longest: Int
        /// The side of the square input, in pixels.
        package let side: Int
        package let filter: ResizeFilter
        /// Identifies everything besides the picture that the input depends on; caches use it as a key.
        package let key: String
        /// The normalised number for each of the 256 values, for each channel, with the same roundings as the
        /// processor's.
        private let table: [[Float]]

        package init(
            side: Int, longest: Int? = nil, filter: ResizeFilter = .bilinear, factor: Double? = 1 / 255,
            mean: [Double] = [0.485, 0.456, 0.406], deviation: [Double] = [0.229, 0.224, 0.225]
        ) {
            self.side = side
            self.longest = longest ?? side
            self.filter = filter
            key = "\(longest ?? side) in \(side), \(filter), \(factor ?? 1), \(mean), \(deviation)"
            table = zip(mean, deviation).map { mean, deviation in
                (0...255).map { (Float(Double($0) * (factor ?? 1)) - Float(mean)) / Float(deviation) }
            }
        }

        /// - Returns: the input, [1, S, S, 3], and the place of the picture in it.
        package func callAsFunction(_ picture: Picture) -> (pixels: Tensor, frame: Frame) {
            let frame = Frame(original: picture.size, longest: longest, side: side)
            let resized = picture.resized(to: frame.resized, filter: filter)
            var pixels = [Float](repeating: 0, count: side * side * 3)
            var source = 0
            for y in 0..<frame.resized.height {
                var place = y * side * 3
                for _ in 0..<frame.resized.width {
                    for channel in 0..<3 {
                        pixels[place + channel] = table[channel][Int(resized.pixels[source + channel])]
                    }
                    place += 3
                    source += 3
                }
            }
            return (Tensor(pixels, [1, side, side, 3]), frame)
        }
    }
}

extension SAM.Preprocessing {
    /// Reads a model folder's processor_config.json or preprocessor_config.json; without either it takes the
    /// values of every published SAM.
    /// - Parameter side: the side of the image encoder's input, in pixels.
    package init(contentsOf folder: URL, side: Int) throws(WeightsError) {
        if let reader = try ConfigurationReader.preprocessor(in: folder) {
            try self.init(reader, side: side)
        } else {
            self.init(side: side)
        }
    }

    package init(_ reader: ConfigurationReader, side: Int) throws(WeightsError) {
        try reader.require("do_resize", true, default: true)
        try reader.require("do_pad", true, default: true)
        let longest =
            switch try reader.pictureSize("size", default: .longestEdge(side)) {
            case .longestEdge(let length), .number(let length): length
            case .sides(let height, let width) where height == width: height
            default: side + 1
            }
        if longest > side {
            throw reader.unsupported("size", "{longest_edge} of at most image_size, \(side)")
        }
        switch try reader.pictureSize("pad_size", default: .number(side)) {
        case .number(side), .sides(height: side, width: side), .longestEdge(side): break
        default: throw reader.unsupported("pad_size", "image_size, \(side)")
        }
        let normalises = try reader.bool("do_normalize", default: true)
        self.init(
            side: side, longest: longest,
            filter: try ResizeFilter(
                pillow: reader.int("resample", default: 2, in: ResizeFilter.pillowNumbers)),
            factor: try reader.bool("do_rescale", default: true)
                ? try reader.double("rescale_factor", default: 1 / 255) : nil,
            mean: normalises
                ? try reader.channels("image_mean", default: [0.485, 0.456, 0.406]) : [0, 0, 0],
            deviation: normalises
                ? try reader.channels("image_std", default: [0.229, 0.224, 0.225]) : [1, 1, 1])
    }
}
