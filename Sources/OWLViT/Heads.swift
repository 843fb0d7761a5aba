package import Tensor
import SpanielPlatform

extension OWLViT {
    /// The heads compute for each patch a class embedding, the shift and the scale that turn similarities
    /// into logits, a box and, in OWLv2, the objectness.
    package struct Heads: Sendable {
        package let classes: Linear
        package let shift: Linear
        package let scale: Linear
        package let boxes: Head
        package let objectness: Head?
        /// The bias of the boxes' logits, [hw, 4].
        package let boxBias: Tensor

        init(_ weights: Weights, _ configuration: Configuration) throws {
            let channels = configuration.channels
            classes = try Linear(weights["class_head"]["dense0"], in: channels, out: configuration.embedding)
            let small = weights["class_head"].computing(in: .float32)
            shift = try Linear(small["logit_shift"], in: channels, out: 1)
            scale = try Linear(small["logit_scale"], in: channels, out: 1)
            boxes = try Head(weights["box_head"], channels: channels, out: 4)
            objectness =
                configuration.version == .v2
                ? try Head(weights["objectness_head"], channels: channels, out: 1) : nil
            boxBias = Self.boxBias(grid: configuration.grid)
        }

        /// Returns each patch's box before the head moves it, as logits of its cell's far corner and size:
        ///
        ///     logit(x) = log(x + 1e-4) - log(1 - x + 1e-4)
        ///     of ((column + 1) / g, (row + 1) / g, 1 / g, 1 / g)
        ///
        /// The weights were trained with the corner, not the middle.
        /// - Returns: [g², 4], row by row.
        package static func boxBias(grid: Int) -> Tensor {
            func logit(_ x: Float) -> Float { Float(log(x + 1e-4) - log1p(-x + 1e-4)) }
            let places = (1...grid).map { logit(Float($0) / Float(grid)) }
            let size = logit(1 / Float(grid))
            return Tensor(
                places.flatMap { y in places.flatMap { x in [x, y, size, size] } }, [grid * grid, 4])
        }
    }

    /// Three linear layers with GELU between them. The last is small and always computes in float32, because
    /// its rounding would move the box.
    package struct Head: Sendable {
        package let first: Linear
        package let second: Linear
        package let third: Linear

        init(_ weights: Weights, channels: Int, out: Int) throws {
            first = try Linear(weights["dense0"], in: channels, out: channels)
            second = try Linear(weights["dense1"], in: channels, out: channels)
            third = try Linear(weights["dense2"].computing(in: .float32), in: channels, out: out)
        }

        /// - Parameter x: [N, C].
        /// - Returns: [N, out].
        package func callAsFunction(_ x: Tensor) -> Tensor {
            third(second(first(x, activation: .gelu), activation: .gelu))
        }
    }
}

extension OWLViT.Heads {
    /// Applies the heads.
    /// - Parameter patches: the patches, merged with the class token and normalised, [N, C].
    package func callAsFunction(_ patches: Tensor) -> OWLViT.Patches {
        let count = patches.shape[0]
        return OWLViT.Patches(
            features: patches, embeddings: classes(patches), shifts: shift(patches).reshaped([count]),
            scales: scale(patches).reshaped([count]).map { ($0 > 0 ? $0 : expm1($0)) + 1 },
            boxes: (boxes(patches) + boxBias).sigmoid(),
            objectness: objectness.map { $0(patches).reshaped([count]) })
    }
}
