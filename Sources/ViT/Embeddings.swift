package import Tensor

extension ViT {
    /// Turns pixels into tokens: a class token, then the patches row by row, each with its position added
    /// (ViT, equation 1).
    package struct Embeddings: Sendable {
        package let patches: Conv2d
        /// The class token with its position added, [1, C].
        package let classToken: Tensor
        /// The positions of the patches, [h, w, C].
        package let positions: Tensor

        /// - Parameters:
        ///   - classToken: [C].
        ///   - positions: [1 + g², C], the class token's first.
        ///   - grid: patches along a side of the input; if it is not g, the positions of the patches are
        ///     resized bicubically.
        package init(patches: Conv2d, classToken: Tensor, positions: Tensor, grid: Int) {
            let channels = classToken.count
            let trained = Int(Double(positions.shape[0] - 1).squareRoot().rounded())
            precondition(
                positions.shape == [1 + trained * trained, channels],
                "positions \(positions.shape) of a square grid")
            self.patches = patches
            self.classToken = classToken.reshaped([1, channels]) + positions[leading: 0..<1]
            let table = positions[leading: 1..<positions.shape[0]].reshaped([trained, trained, channels])
            self.positions = grid == trained ? table : table.interpolatedBicubic(height: grid, width: grid)
        }

        /// - Parameter pixels: [1, H, W, 3], normalised.
        /// - Returns: [1, 1 + hw, C].
        package func callAsFunction(_ pixels: Tensor) -> Tensor {
            let cells = patches(pixels)
            let channels = cells.shape[3]
            precondition(
                cells.shape == [1, positions.shape[0], positions.shape[1], channels],
                "patches \(cells.shape), positions \(positions.shape)"
            )
            let tokens = (cells + positions).reshaped([cells.count / channels, channels])
            return Tensor.concatenated([classToken, tokens], axis: 0).reshaped([
                1, 1 + cells.count / channels, channels,
            ])
        }
    }
}
