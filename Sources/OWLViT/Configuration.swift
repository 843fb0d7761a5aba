package import Tensor
package import SpanielPlatform

extension OWLViT {
    /// The paper that a model is of.
    public enum Version: Int, Sendable, Hashable {
        /// OWL-ViT (Minderer et al. 2022).
        case v1 = 1
        /// OWLv2 (Minderer et al. 2023), which has objectness and pads its pictures to squares.
        case v2 = 2

        /// The model's type in config.json, which is also the first part of its weights' names.
        package var modelType: String { self == .v1 ? "owlvit" : "owlv2" }
    }

    /// The sizes of a model, read from its config.json.
    package struct Configuration: Sendable, Equatable {
        package var version: Version
        package var encoders: CLIP.Configuration

        /// Side of the input, in pixels.
        package var side: Int { encoders.image.imageSize }
        /// Patches along a side of the input.
        package var grid: Int { encoders.image.grid }
        /// Channels of a patch.
        package var channels: Int { encoders.image.layers.channels }
        /// Channels of a class embedding and of a query.
        package var embedding: Int { encoders.projection }
    }
}

extension OWLViT.Configuration {
    /// Reads a model folder's config.json.
    /// - Throws: `OWLViTError.modelKind` for another kind of model; `WeightsError` naming the key, what was
    ///   found and what is supported.
    package init(contentsOf folder: URL) throws {
        try self.init(
            ConfigurationReader(contentsOf: folder.appending(path: "config.json")),
            folder: folder.lastPathComponent)
    }

    /// - Parameter folder: the model's name in messages.
    package init(_ reader: ConfigurationReader, folder: String) throws {
        let kind = try reader.string("model_type", default: OWLViT.Version.v1.modelType)
        switch kind {
        case OWLViT.Version.v1.modelType: version = .v1
        case OWLViT.Version.v2.modelType: version = .v2
        default: throw OWLViTError.modelKind(model: folder, found: String(kind.prefix(40)))
        }
        // Files give various end tokens, which the published code ignores.
        encoders = try CLIP.Configuration(
            reader, imageSize: 768, patchSize: version == .v1 ? 32 : 16, length: 16, pooling: .largestID)
        guard encoders.projection == encoders.text.layers.channels else {
            throw reader.unsupported(
                "projection_dim", "text_config's hidden_size, \(encoders.text.layers.channels)")
        }
    }
}
