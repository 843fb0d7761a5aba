package import SpanielPlatform
package import SpanielImaging
package import Tensor

extension SAM {
    /// Computes the image encoder's input from a picture, as transformers' Pillow processor does:
    ///
    ///     pad(((resize(picture) · factor) - mean) / deviation)
    ///
    /// Padding comes last, so that the input is zero outside the picture. SAM 2 stretches the picture over the
    /// square instead, so that there is nothing to pad.
    package struct Preprocessing: Sendable {
        /// The longer side of the scaled picture, in pixels.
        package let longest: Int
        /// The side of the square input, in pixels.
        package let side: Int
        /// Whether the picture is stretched over the square.
        package let isStretched: Bool
        package let filter: ResizeFilter
        /// Identifies everything besides the picture that the input depends on; caches use it as a key.
        package let key: String
        /// The normalised number for each of the 256 values, for each channel, with the same roundings as the
        /// processor's.
        private let table: [[Float]]

        package init(
            side: Int, longest: Int? = nil, isStretched: Bool = false, filter: ResizeFilter = .bilinear,
            factor: Double? = 1 / 255,
            mean: [Double] = [0.485, 0.456, 0.406], deviation: [Double] = [0.229, 0.224, 0.225]
        ) {
            self.side = side
            self.longest = longest ?? side
            self.isStretched = isStretched
            self.filter = filter
            key =
                "\(isStretched ? "stretched" : String(longest ?? side)) in \(side), \(filter), \(factor ?? 1), \(mean), \(deviation)"
            table = zip(mean, deviation).map { mean, deviation in
                (0...255).map { (Float(Double($0) * (factor ?? 1)) - Float(mean)) / Float(deviation) }
            }
        }

        /// Returns the place of a picture of the given size in the input.
        package func frame(of size: Size) -> Frame {
            isStretched
                ? Frame(stretching: size, side: side)
                : Frame(original: size, longest: longest, side: side)
        }

        /// - Returns: the input, [1, S, S, 3], and the place of the picture in it.
        package func callAsFunction(_ picture: Picture) -> (pixels: Tensor, frame: Frame) {
            let frame = frame(of: picture.size)
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
    /// - Parameters:
    ///   - side: the side of the image encoder's input, in pixels.
    ///   - isStretched: whether the model's pictures are stretched over the square.
    package init(contentsOf folder: URL, side: Int, isStretched: Bool = false) throws(WeightsError) {
        if let reader = try ConfigurationReader.preprocessor(in: folder) {
            try self.init(reader, side: side, isStretched: isStretched)
        } else {
            self.init(side: side, isStretched: isStretched)
        }
    }

    package init(_ reader: ConfigurationReader, side: Int, isStretched: Bool = false) throws(WeightsError) {
        try reader.require("do_resize", true, default: true)
        try reader.require("do_pad", !isStretched, default: !isStretched)
        let longest =
            isStretched
            ? try Self.stretched(reader, side)
            : try Self.longest(reader, side)
        let normalises = try reader.bool("do_normalize", default: true)
        self.init(
            side: side, longest: longest, isStretched: isStretched,
            filter: try ResizeFilter(
                pillow: reader.int("resample", default: 2, in: ResizeFilter.pillowNumbers)),
            factor: try reader.bool("do_rescale", default: true)
                ? try reader.double("rescale_factor", default: 1 / 255) : nil,
            mean: normalises
                ? try reader.channels("image_mean", default: [0.485, 0.456, 0.406]) : [0, 0, 0],
            deviation: normalises
                ? try reader.channels("image_std", default: [0.229, 0.224, 0.225]) : [1, 1, 1])
    }

    /// Reads the size that a picture is stretched to, which is the input's.
    private static func stretched(_ reader: ConfigurationReader, _ side: Int) throws(WeightsError) -> Int {
        switch try reader.pictureSize("size", default: .sides(height: side, width: side)) {
        case .number(side), .sides(height: side, width: side): return side
        default: throw reader.unsupported("size", "{height, width} of image_size, \(side)")
        }
    }

    /// Reads the longer side of the scaled picture.
    private static func longest(_ reader: ConfigurationReader, _ side: Int) throws(WeightsError) -> Int {
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
        return longest
    }
}
