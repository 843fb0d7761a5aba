package import SpanielImaging
package import Tensor
package import SpanielPlatform

extension OWLViT {
    /// Computes the model's input from a picture or a tile.
    package struct Preprocessing: Sendable {
        /// The preprocessing of the folder's configuration, which squashes a picture to a square.
        package let squash: ViT.Preprocessing
        package let version: Version

        /// Reads a model folder's preprocessor configuration.
        package init(contentsOf folder: URL, _ configuration: Configuration) throws(WeightsError) {
            let size = Size(width: configuration.side, height: configuration.side)
            try self.init(
                ViT.Preprocessing(
                    contentsOf: folder, default: Self.defaults(configuration.version, size), expecting: size),
                version: configuration.version)
            if version == .v2 {
                try ConfigurationReader.preprocessor(in: folder)?.require("do_pad", true, default: true)
            }
        }

        package init(_ squash: ViT.Preprocessing, version: Version) {
            self.squash = squash
            self.version = version
        }

        private static func defaults(_ version: Version, _ size: Size) -> ViT.Preprocessing {
            ViT.Preprocessing(
                .squash(size), filter: version == .v1 ? .bicubic : .bilinear,
                mean: ViT.Preprocessing.openAIMean,
                deviation: ViT.Preprocessing.openAIDeviation)
        }

        /// The value beside a padded picture, 0…1: OWL-ViT was trained with grey, and OWLv2 finds more with
        /// black.
        package var padding: Float { version == .v1 ? 0.5 : 0 }

        func pads(_ preparation: Preparation) -> Bool { version == .v2 || preparation == .padded }

        /// - Parameter picture: a whole picture, or a tile of one.
        /// - Returns: [1, S, S, 3].
        package func callAsFunction(_ picture: Picture, _ preparation: Preparation) -> Tensor {
            guard pads(preparation) else { return squash(picture) }
            let factor = squash.factor ?? 1
            let values = (0...255).map { Float(Double($0) * factor) }
            let side = squash.output.width
            let square = picture.smoothedSquare(values: values, padding: padding, side: side)
            // The result is clipped to the range of the input, as in scikit-image.
            let isPadded = picture.width != picture.height
            let low = min(values[Int(picture.pixels.min() ?? 0)], isPadded ? padding : .infinity)
            let high = max(values[Int(picture.pixels.max() ?? 0)], isPadded ? padding : -.infinity)
            let (mean, deviation) = (squash.mean.map { Float($0) }, squash.deviation.map { Float($0) })
            let numbers = square.array
            return Tensor(
                numbers.indices.map { (max(low, min(high, numbers[$0])) - mean[$0 % 3]) / deviation[$0 % 3] },
                [1, side, side, 3])
        }

        /// Identifies everything besides the picture that the input depends on; caches use it as a key.
        package func key(_ preparation: Preparation) -> String {
            pads(preparation) ? "padded \(padding) smooth \(squash.key)" : squash.key
        }
    }
}
