package import SpanielPlatform
package import SpanielImaging
package import Tensor

extension ViT.Preprocessing {
    /// Reads a model folder's processor_config.json or preprocessor_config.json.
    ///
    /// - Parameters:
    ///   - default: used for an absent file or an absent key: the processor class's defaults at the model's
    ///     size.
    ///   - expected: the size the encoder takes; nil if it takes any.
    /// - Throws: `WeightsError` naming the key, what was found and what is supported.
    package init(contentsOf folder: URL, default: Self, expecting expected: Size? = nil) throws(WeightsError)
    {
        guard let reader = try ConfigurationReader.preprocessor(in: folder) else {
            self = `default`
            return
        }
        try self.init(reader, default: `default`)
        guard let expected, output != expected else { return }
        throw reader.unsupported(
            crop == nil ? "size" : "crop_size",
            "the size the model takes, \(expected.height) high and \(expected.width) wide")
    }

    package init(_ reader: ConfigurationReader, default: Self) throws(WeightsError) {
        try reader.require("do_resize", true, default: true)
        let crops = try reader.bool("do_center_crop", default: `default`.crop != nil)
        let resizing = try Self.resizing(reader, default: `default`.resizing)
        if case .shortestEdge = resizing, !crops {
            throw reader.unsupported("size", "{height, width}, or {shortest_edge} with do_center_crop")
        }
        let normalises = try reader.bool("do_normalize", default: true)
        self.init(
            resizing, crop: crops ? try Self.crop(reader, default: `default`.output) : nil,
            filter: ResizeFilter(
                pillow: try reader.int(
                    "resample", default: `default`.filter.pillow, in: ResizeFilter.pillowNumbers)),
            factor: try reader.bool("do_rescale", default: true)
                ? try reader.double("rescale_factor", default: 1 / 255) : nil,
            mean: normalises ? try reader.channels("image_mean", default: `default`.mean) : [0, 0, 0],
            deviation: normalises
                ? try reader.channels("image_std", default: `default`.deviation) : [1, 1, 1])
    }

    /// Reads `size`; a number alone means what the processor's class makes of it.
    private static func resizing(_ reader: ConfigurationReader, default: Resizing) throws(WeightsError)
        -> Resizing
    {
        guard reader.contains("size") else { return `default` }
        switch (try reader.pictureSize("size", default: .number(1)), `default`) {
        case (.number(let side), .squash): return .squash(Size(width: side, height: side))
        case (.number(let side), .shortestEdge), (.shortestEdge(let side), _): return .shortestEdge(side)
        case (.sides(let height, let width), _): return .squash(Size(width: width, height: height))
        case (.longestEdge, _):
            throw reader.unsupported("size", "a number, a pair, {height, width} or {shortest_edge}")
        }
    }

    private static func crop(_ reader: ConfigurationReader, default: Size) throws(WeightsError) -> Size {
        switch try reader.pictureSize(
            "crop_size", default: .sides(height: `default`.height, width: `default`.width))
        {
        case .number(let side): return Size(width: side, height: side)
        case .sides(let height, let width): return Size(width: width, height: height)
        default: throw reader.unsupported("crop_size", "a number, a pair or {height, width}")
        }
    }
}
