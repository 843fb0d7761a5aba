import Synchronization
package import Tensor

extension DINOv2 {
    /// Turns pixels into tokens: the class token, the registers, then the patches row by row. All but the
    /// registers have a position added.
    package struct Embeddings: Sendable {
        package let patches: Conv2d
        /// The class token with its position added, then the registers, [1 + R, C].
        package let first: Tensor
        package let positions: Positions

        package init(_ weights: Weights, _ configuration: Configuration) throws {
            let (channels, grid) = (configuration.layers.channels, configuration.grid)
            patches = try Conv2d(
                weights["patch_embeddings"]["projection"], in: 3, out: channels,
                kernel: configuration.patchSize, stride: configuration.patchSize)
            let table = try weights.tensor("position_embeddings", [1, 1 + grid * grid, channels])[leading: 0]
            let token = try weights.tensor("cls_token", [1, 1, channels])[leading: 0] + table[leading: 0..<1]
            first =
                configuration.hasAntialias
                ? .concatenated(
                    [
                        token,
                        try weights.tensor("register_tokens", [1, configuration.registers, channels])[
                            leading: 0],
                    ], axis: 0) : token
            positions = Positions(
                table[leading: 1..<table.shape[0]].reshaped([grid, grid, channels]),
                antialias: configuration.hasAntialias)
        }

        /// - Parameter pixels: [1, H, W, 3], normalised, whole patches.
        /// - Returns: [1, 1 + R + hw, C].
        package func callAsFunction(_ pixels: Tensor) -> Tensor {
            let cells = patches(pixels)
            let (height, width, channels) = (cells.shape[1], cells.shape[2], cells.shape[3])
            let tokens = (cells + positions(height: height, width: width)).reshaped([
                height * width, channels,
            ])
            return Tensor.stack([.concatenated([first, tokens], axis: 0)])
        }
    }

    /// The positions of the patches: a trained table, resized to each grid that is asked for.
    package final class Positions: Sendable {
        private struct Grid: Hashable {
            let height: Int
            let width: Int
        }

        /// The tables that are kept; a large model's takes 8 MB.
        private static let most = 8

        private let trained: Tensor
        private let antialias: Bool
        /// The tables used last, the newest at the end.
        private let kept = Mutex<[(grid: Grid, table: Tensor)]>([])

        init(_ trained: Tensor, antialias: Bool) {
            self.trained = trained
            self.antialias = antialias
        }

        /// - Returns: [h, w, C].
        package func callAsFunction(height: Int, width: Int) -> Tensor {
            if [height, width] == [trained.shape[0], trained.shape[1]] { return trained }
            let grid = Grid(height: height, width: width)
            let found = kept.withLock { kept -> Tensor? in
                guard let place = kept.firstIndex(where: { $0.grid == grid }) else { return nil }
                let entry = kept.remove(at: place)
                kept.append(entry)
                return entry.table
            }
            if let found { return found }
            let table = trained.interpolatedBicubic(height: height, width: width, antialias: antialias)
            kept.withLock { kept in
                kept.removeAll { $0.grid == grid }
                kept = kept.suffix(Self.most - 1) + [(grid, table)]
            }
            return table
        }
    }
}
