#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import SpanielImaging
import Tensor

extension SAM {
    /// From a picture to the image encoder's input, as transformers' Pillow processor does it:
    ///
    ///     pad(((resize(picture) · factor) - mean) / deviation)
    ///
    /// Padding comes last, so that outside the picture the input is zero.
    package struct Preprocessing: Sendable {
        /// What the picture's longer side becomes.
        package let longest: Int
        /// Side of the input.
        package let side: Int
        package let filter: ResizeFilter
        /// Everything the numbers depend on beside the picture, for whoever keeps them.
        package let key: String
        /// What each of the 256 values becomes, for each channel: worked out once, in the processor's steps and roundings.
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

        /// - Returns: [1, S, S, 3] and where the picture stands in it.
        package func callAsFunction(_ picture: Picture) -> (pixels: Tensor, frame: Frame) {
            let frame = Frame(original: picture.size, longest: longest, side: side)
            let resized = picture.resized(to: frame.resized, filter: filter)
            var pixels = [Float](repeating: 0, count: side * side * 3)
            var source = 0
            for y in 0..<frame.resized.height {
                var place = y * side * 3
                for _ in 0..<frame.resized.width {
                    for channel in 0..<3 { pixels[place + channel] = table[channel][Int(resized.pixels[source + channel])] }
                    place += 3
                    source += 3
                }
            }
            return (Tensor(pixels, [1, side, side, 3]), frame)
        }
    }
}

extension SAM.Preprocessing {
    /// Reads a model folder's processor_config.json or preprocessor_config.json; without either, what every published SAM does.
    /// - Parameter side: the image encoder's input.
    package init(contentsOf folder: URL, side: Int) throws(WeightsError) {
        if let reader = try Self.reader(folder, "processor_config.json"), reader.contains("image_processor") {
            try self.init(reader.section("image_processor"), side: side)
        } else if let reader = try Self.reader(folder, "preprocessor_config.json") {
            try self.init(reader, side: side)
        } else {
            self.init(side: side)
        }
    }

    private static func reader(_ folder: URL, _ name: String) throws(WeightsError) -> ConfigurationReader? {
        do { return try ConfigurationReader(contentsOf: folder.appending(path: name)) } catch .incomplete { return nil }
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
        if longest > side { throw reader.refusal("size", "{longest_edge} of at most image_size, \(side)") }
        switch try reader.pictureSize("pad_size", default: .number(side)) {
        case .number(side), .sides(height: side, width: side), .longestEdge(side): break
        default: throw reader.refusal("pad_size", "image_size, \(side)")
        }
        let normalises = try reader.bool("do_normalize", default: true)
        self.init(
            side: side, longest: longest, filter: try reader.filter("resample"),
            factor: try reader.bool("do_rescale", default: true) ? try reader.double("rescale_factor", default: 1 / 255) : nil,
            mean: normalises ? try reader.channels("image_mean", default: [0.485, 0.456, 0.406]) : [0, 0, 0],
            deviation: normalises ? try reader.channels("image_std", default: [0.229, 0.224, 0.225]) : [1, 1, 1])
    }
}

extension ConfigurationReader {
    /// Pillow's number for a filter.
    fileprivate func filter(_ key: String) throws(WeightsError) -> ResizeFilter {
        let filters: [Int: ResizeFilter] = [0: .nearest, 1: .lanczos, 2: .bilinear, 3: .bicubic, 4: .box]
        guard let filter = filters[try int(key, default: 2, in: 0...4)] else { throw refusal(key, "0 to 4") }
        return filter
    }

    /// One number for all three channels, or one each.
    fileprivate func channels(_ key: String, default: [Double]) throws(WeightsError) -> [Double] {
        if let number = value(key)?.double { return [number, number, number] }
        return try doubles(key, default: `default`)
    }

    fileprivate func refusal(_ key: String, _ supported: String) -> WeightsError {
        unsupported(key, value(key) ?? "absent", supported)
    }
}
