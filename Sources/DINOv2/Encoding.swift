public import SpanielImaging
public import Tensor

extension DINOv2 {
    /// What the model says of a picture after one of its layers.
    public struct Encoding: Sendable {
        /// The number of the layer, from 1.
        public let layer: Int
        /// The token that stands for the whole picture, [C].
        public let classToken: Tensor
        /// The tokens without a place, [R, C]; a model without registers has none, [0, C].
        public let registers: Tensor
        /// A token for each patch, [h, w, C].
        public let patches: Tensor
        /// The place of the picture in the grid of patches.
        public let frame: Frame

        /// - Parameter tokens: [1, 1 + R + hw, C].
        init(layer: Int, tokens: Tensor, registers: Int, frame: Frame) {
            let (all, grid) = (tokens[leading: 0], frame.grid)
            self.layer = layer
            self.frame = frame
            classToken = all[leading: 0]
            self.registers = all[leading: 1..<1 + registers]
            patches = all[leading: 1 + registers..<all.shape[0]].reshaped([
                grid.height, grid.width, all.shape[1],
            ])
        }
    }

    /// Encodes a picture: the tokens after the last layer, normalised.
    /// - Parameters:
    ///   - picture: any size.
    ///   - preparation: how it becomes the model's input.
    /// - Throws: `CancellationError` if the current task is cancelled meanwhile; `DINOv2Error`.
    public func encode(_ picture: Picture, preparation: Preparation = .whole()) throws -> Encoding {
        try encode(picture, layers: [layers.count], preparation: preparation)[0]
    }

    /// Encodes a picture, and runs no further than the last of the layers that are asked for.
    ///
    /// - Parameters:
    ///   - picture: any size.
    ///   - layers: the numbers of layers, from 1.
    ///   - isNormalized: whether the model's final norm is applied to each of them.
    ///   - preparation: how it becomes the model's input.
    /// - Returns: one for each of `layers`, in their order.
    /// - Throws: `CancellationError` if the current task is cancelled meanwhile; `DINOv2Error`.
    public func encode(
        _ picture: Picture, layers: [Int], isNormalized: Bool = true, preparation: Preparation = .whole()
    ) throws -> [Encoding] {
        try check(layers: layers)
        let (pixels, frame) = try prepared(picture, preparation)
        let states = try tokens(pixels, layers: layers)
        return layers.map { layer in
            let tokens = states[layer].map { isNormalized ? norm($0) : $0 }
            guard let tokens else { preconditionFailure("no tokens of layer \(layer)") }
            return Encoding(
                layer: layer, tokens: tokens, registers: configuration.registers, frame: frame)
        }
    }

    /// - Throws: `DINOv2Error.layer` if a number is none of the model's.
    package func check(layers numbers: [Int]) throws(DINOv2Error) {
        if let other = numbers.first(where: { !(1...layers.count).contains($0) }) {
            throw .layer(other, layers: layers.count)
        }
    }

    /// Runs the layers, up to the last one asked for.
    /// - Parameters:
    ///   - pixels: normalised, [1, H, W, 3], whole patches.
    ///   - wanted: the numbers of layers, from 1.
    /// - Returns: the tokens after each of them, not normalised, [1, 1 + R + hw, C].
    /// - Throws: `CancellationError`, between layers.
    package func tokens(_ pixels: Tensor, layers wanted: [Int]) throws -> [Int: Tensor] {
        var states: [Int: Tensor] = [:]
        guard let last = wanted.max() else { return states }
        var x = embeddings(pixels)
        for number in 1...last {
            try Task.checkCancellation()
            x = layers[number - 1](x)
            if wanted.contains(number) { states[number] = x }
        }
        return states
    }
}
