package import Tensor

extension SAM {
    /// SAM 2's image encoder: overlapping patches, stages of blocks whose grid halves and whose width grows,
    /// and a pyramid of their results (Hiera, Ryali et al. 2023, arXiv:2306.00989; SAM 2, appendix C).
    package struct Hiera: ImageEncoder {
        package let patches: Conv2d
        /// The positions, [h, w, C]: those of the whole picture and those of a window.
        package let positions: Tensor
        package let stages: [[HieraBlock]]
        package let pyramid: FeaturePyramid

        /// - Parameter weights: the root of the model's.
        init(_ weights: Weights, _ configuration: Configuration.Hiera) throws {
            let backbone = weights["vision_encoder"]["backbone"]
            patches = try Conv2d(
                backbone["patch_embed"]["projection"], in: 3, out: configuration.stages[0].channels,
                kernel: configuration.patchKernel, stride: configuration.patchStride)
            positions = try Self.positions(backbone, configuration)
            var index = 0
            stages = try configuration.stages.indices.map { stage in
                try (0..<configuration.stages[stage].blocks).map { block in
                    defer { index += 1 }
                    return try HieraBlock(
                        backbone["blocks"][index], configuration, stage: stage, isFirst: block == 0,
                        isGlobal: configuration.globalBlocks.contains(index))
                }
            }
            pyramid = try FeaturePyramid(weights.floating, configuration)
        }

        /// Enlarges the picture's positions to the grid, and adds to every window the positions inside one.
        private static func positions(_ weights: Weights, _ configuration: Configuration.Hiera) throws
            -> Tensor
        {
            let channels = configuration.stages[0].channels
            let grid = configuration.imageSize / configuration.patchStride
            let side = configuration.stages[0].window ?? grid
            let (rows, columns) = (configuration.positionRows, configuration.positionColumns)
            let picture = try weights.tensor("pos_embed", [1, channels, rows, columns])
            let window = try weights.tensor("pos_embed_window", [1, channels, side, side])
                .transposed([0, 2, 3, 1])[leading: 0]
            let row = Tensor.concatenated([Tensor](repeating: window, count: grid / side), axis: 1)
            let tiles = Tensor.concatenated([Tensor](repeating: row, count: grid / side), axis: 0)
            return picture.transposed([0, 2, 3, 1])[leading: 0].interpolatedBicubic(
                height: grid, width: grid) + tiles
        }

        /// - Parameter pixels: [1, S, S, 3], normalised.
        /// - Throws: `CancellationError` between blocks when the current task is cancelled.
        package func callAsFunction(_ pixels: Tensor) throws -> ImageFeatures {
            var x = patches(pixels)
            x += positions
            var levels: [Tensor] = []
            for stage in stages {
                for block in stage {
                    try Task.checkCancellation()
                    x = block(x)
                }
                levels.append(x)
            }
            try Task.checkCancellation()
            return pyramid(levels)
        }
    }
}
