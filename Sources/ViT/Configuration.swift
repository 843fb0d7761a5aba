import SpanielJSON
package import SpanielPlatform
package import Tensor

extension ViT {
    /// The sizes and classes of a classifier, from its config.json.
    ///
    /// A key that is absent takes transformers' default, which is ViT-B/16's.
    package struct Configuration: Sendable, Equatable {
        /// Side of the input, in pixels.
        package var imageSize: Int
        /// Side of a patch, in pixels.
        package var patchSize: Int
        package var layers: LayerSizes
        package var attentionBias: Bool
        package var classes: [String]

        /// Patches along a side of the input.
        package var grid: Int { imageSize / patchSize }
    }
}

extension ViT.Configuration {
    /// Reads a model folder's config.json.
    /// - Throws: `WeightsError` naming the key, what was found and what is supported.
    package init(contentsOf folder: URL) throws(WeightsError) {
        try self.init(ConfigurationReader(contentsOf: folder.appending(path: "config.json")))
    }

    package init(_ reader: ConfigurationReader) throws(WeightsError) {
        _ = try reader.oneOf("model_type", default: "vit", ["vit"])
        imageSize = try reader.side("image_size", default: 224)
        patchSize = try reader.side("patch_size", default: 16)
        layers = try ViT.LayerSizes(
            reader,
            defaults: .init(
                channels: 768, layers: 12, heads: 12, hidden: 3072, activation: .gelu, epsilon: 1e-12),
            activation: "gelu", epsilon: 1e-12)
        attentionBias = try reader.bool("qkv_bias", default: true)
        classes = try Self.classes(reader)
        _ = try reader.int("num_channels", default: 3, in: 3...3)
        if imageSize % patchSize != 0 {
            throw reader.unsupported("image_size", "a multiple of patch_size, \(patchSize)")
        }
    }

    /// Reads `id2label`, which names each class under its number; without it the classes are numbered, two of
    /// them unless `num_labels` says otherwise.
    private static func classes(_ reader: ConfigurationReader) throws(WeightsError) -> [String] {
        guard let value = reader.value("id2label") else {
            return (0..<(try reader.int("num_labels", default: 2, in: 1...1 << 20))).map { "LABEL_\($0)" }
        }
        let supported = "an object that names each class, from \"0\" on"
        guard let names = value.object, !names.isEmpty else {
            throw reader.unsupported("id2label", supported)
        }
        var classes = [String?](repeating: nil, count: names.count)
        for (key, name) in names {
            guard let number = Int(key), classes.indices.contains(number), let name = name.string else {
                throw reader.unsupported("id2label", supported)
            }
            classes[number] = name
        }
        let found = classes.compactMap { $0 }
        if found.count != classes.count { throw reader.unsupported("id2label", supported) }
        return found
    }
}
