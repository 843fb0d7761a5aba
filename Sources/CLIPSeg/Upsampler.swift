package import Tensor

extension CLIPSeg {
    /// Turns the decoder's cells into logits: by one transposed convolution as large as a patch, or in the
    /// refined models by
    ///
    ///     ConvTranspose(ReLU(ConvTranspose(ReLU(Conv 3×3))))
    ///
    /// whose two transposed kernels are each a quarter of a patch: there are as many logits as pixels only
    /// for patches of 16.
    package enum Upsampler: Sendable {
        case single(ConvTranspose2d)
        case refined(Conv2d, ConvTranspose2d, ConvTranspose2d)

        /// - Parameter weights: the cursor at `transposed_convolution`.
        package init(_ weights: Weights, _ configuration: Configuration) throws {
            let (channels, patch) = (configuration.channels, configuration.clip.image.patchSize)
            guard configuration.isRefined else {
                self = .single(try ConvTranspose2d(weights, in: channels, out: 1, kernel: patch))
                return
            }
            self = .refined(
                try Conv2d(weights[0], in: channels, out: channels, kernel: 3, stride: 1),
                try ConvTranspose2d(weights[2], in: channels, out: channels / 2, kernel: patch / 4),
                try ConvTranspose2d(weights[4], in: channels / 2, out: 1, kernel: patch / 4))
        }

        /// - Parameter tokens: [B, 1 + g², channels]; the first is the class token and has no place in the
        ///   picture.
        /// - Returns: logits, [B, s, s].
        package func callAsFunction(_ tokens: Tensor) -> Tensor {
            let (batch, count, channels) = (tokens.shape[0], tokens.shape[1], tokens.shape[2])
            let grid = Int(Double(count - 1).squareRoot().rounded())
            precondition(grid * grid == count - 1, "\(tokens.shape) is no square grid and a class token")
            let cells = Tensor.stack((0..<batch).map { tokens[leading: $0][leading: 1..<count] })
            let map = convolved(cells.reshaped([batch, grid, grid, channels]))
            return map.reshaped([batch, map.shape[1], map.shape[2]])
        }

        private func convolved(_ x: Tensor) -> Tensor {
            switch self {
            case .single(let last): last(x)
            case .refined(let first, let second, let last):
                last(second(first(x, activation: .relu), activation: .relu))
            }
        }
    }
}
