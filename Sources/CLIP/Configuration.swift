package import Tensor

extension CLIP {
    /// The sizes of CLIP's two encoders. Models built on CLIP read theirs with their own defaults.
    package struct Configuration: Sendable, Equatable {
        package struct Image: Sendable, Equatable {
            /// The side in pixels of the input for which the positions were trained.
            package var imageSize: Int
            /// Side of a patch, in pixels.
            package var patchSize: Int
            package var layers: ViT.LayerSizes

            /// Patches along a side of that input.
            package var grid: Int { imageSize / patchSize }
        }

        package struct Text: Sendable, Equatable {
            /// The number of words and parts of words that the model knows.
            package var vocabulary: Int
            /// The largest number of tokens of a text.
            package var length: Int
            package var layers: ViT.LayerSizes
            package var pooling: Pooling
        }

        /// The token that stands for the whole text.
        package enum Pooling: Sendable, Equatable {
            /// The first token with the largest id: the end token, if it is the last of the vocabulary.
            case largestID
            /// The first token with this id.
            case first(Int32)
        }

        package var image: Image
        package var text: Text
        /// Channels of the common space.
        package var projection: Int

        package init(image: Image, text: Text, projection: Int) {
            (self.image, self.text, self.projection) = (image, text, projection)
        }
    }
}

extension CLIP.Configuration {
    /// Reads `vision_config`, `text_config` (in old files `vision_config_dict` and `text_config_dict`) and
    /// `projection_dim`.
    /// - Parameters:
    ///   - imageSize: the default of the class in transformers; so are `patchSize` and `length`.
    ///   - pooling: nil means as `eos_token_id` says, in which old files write 2 for "the largest id".
    package init(
        _ reader: ConfigurationReader, imageSize: Int = 224, patchSize: Int = 32, length: Int = 77,
        pooling: Pooling? = nil
    ) throws(WeightsError) {
        // Old files have the sections twice; what the second lacks takes defaults, not the first's values.
        let vision = try reader.section(
            reader.contains("vision_config_dict") ? "vision_config_dict" : "vision_config")
        let words = try reader.section(
            reader.contains("text_config_dict") ? "text_config_dict" : "text_config")
        image = Image(
            imageSize: try vision.side("image_size", default: imageSize),
            patchSize: try vision.side("patch_size", default: patchSize),
            layers: try ViT.LayerSizes(
                vision,
                defaults: ViT.LayerSizes(
                    channels: 768, layers: 12, heads: 12, hidden: 3072, activation: .quickGELU, epsilon: 1e-5),
                activation: "quick_gelu", epsilon: 1e-5))
        if image.imageSize % image.patchSize != 0 {
            throw vision.unsupported("image_size", "a multiple of patch_size, \(image.patchSize)")
        }
        _ = try vision.int("num_channels", default: 3, in: 3...3)
        let end = try words.int("eos_token_id", default: 49407, in: 0...1 << 24)
        text = Text(
            vocabulary: try words.int("vocab_size", default: 49408),
            length: try words.int("max_position_embeddings", default: length, in: 2...65536),
            layers: try ViT.LayerSizes(
                words,
                defaults: ViT.LayerSizes(
                    channels: 512, layers: 12, heads: 8, hidden: 2048, activation: .quickGELU, epsilon: 1e-5),
                activation: "quick_gelu", epsilon: 1e-5),
            pooling: pooling ?? (end == 2 ? .largestID : .first(Int32(end))))
        projection = try reader.int("projection_dim", default: 512, in: 1...65536)
    }
}
