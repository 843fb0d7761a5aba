import Tensor

/// One operation to time.
struct Case: Sendable {
    let name: String
    /// Float32 additions and multiplications of one run; nil where memory is the limit.
    var operations: Double?
    /// Bytes that one run must read and write; nil where arithmetic is the limit.
    var bytes: Double?
    /// Makes the operands and returns the run itself.
    let prepare: @Sendable () -> () -> Void

    static let all = products + attentions + rows + others

    /// Values of about the size a network's have, from a small generator of our own: the same every time.
    private static func random(_ shape: Tensor.Shape, scale: Float = 1) -> Tensor {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15 &+ UInt64(shape.elementCount)
        let values = (0..<shape.elementCount).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (Float(state >> 40) / Float(1 << 24) - 0.5) * 3.46 * scale
        }
        return Tensor(values, shape)
    }

    private static func product(
        _ what: String, _ m: Int, _ n: Int, _ k: Int, _ activation: Tensor.Activation = .identity,
        adding: Bool = false
    )
        -> Case
    {
        Case(name: "product \(what) [\(m), \(k)] × [\(k), \(n)]", operations: 2 * Double(m * n * k)) {
            let layer = Linear(weight: random([n, k], scale: 0.03), bias: random([n]))
            let (x, residual) = (random([m, k]), adding ? random([m, n]) : nil)
            return { _ = layer(x, activation: activation, residual: residual) }
        }
    }

    private static let products = [
        product("encoder qkv", 4096, 2304, 768),
        product("encoder projection + residual", 4096, 768, 768, adding: true),
        product("encoder MLP first, GELU", 4096, 3072, 768, .gelu),
        product("encoder MLP second + residual", 4096, 768, 3072, adding: true),
        product("encoder neck", 4096, 256, 768),
        product("decoder picture to keys", 4096, 128, 256),
        product("decoder keys back", 4096, 256, 128, adding: true),
        product("decoder tokens", 7, 256, 256),
        product("decoder tokens' MLP, ReLU", 7, 2048, 256, .relu),
        product("ViT-B/16 qkv", 197, 2304, 768),
        product("square", 2048, 2048, 2048),
        Case(
            name: "MLP encoder [4096, 768], hidden 3072, + residual",
            operations: 4 * Double(4096 * 768 * 3072)
        ) {
            let layer = MLP(
                first: Linear(weight: random([3072, 768], scale: 0.03), bias: random([3072])),
                second: Linear(weight: random([768, 3072], scale: 0.03), bias: random([768])),
                activation: .gelu)
            let x = random([4096, 768])
            return { _ = layer(x, residual: x) }
        },
    ]

    /// Operations of the two products alone: what the softmax takes is the operation's own affair.
    private static func grid(_ side: Int, window: Int?, positions: Bool) -> Case {
        let keys = window.map { $0 * $0 } ?? side * side
        let name =
            "attention grid \(side)², " + (window.map { "windows of \($0)" } ?? "global")
            + (positions ? ", relative positions" : "")
        return Case(name: name, operations: 4 * Double(side * side * keys * 768)) {
            let span = 2 * (window ?? side) - 1
            let tables = RelativePositions(
                height: random([span, 64], scale: 0.1), width: random([span, 64], scale: 0.1))
            let (qkv, padding) = (random([1, side, side, 2304]), random([2304]))
            return {
                _ = gridAttention(
                    qkv, heads: 12, positions: positions ? tables : nil, window: window, padding: padding)
            }
        }
    }

    private static func plain(_ what: String, _ n: Int, _ m: Int, _ channels: Int, heads: Int) -> Case {
        Case(
            name: "attention \(what) \(n) × \(m), \(heads) heads of \(channels / heads)",
            operations: 4 * Double(n * m * channels)
        ) {
            let (q, k, v) = (random([1, n, channels]), random([1, m, channels]), random([1, m, channels]))
            return { _ = attention(q, k, v, heads: heads) }
        }
    }

    private static let attentions = [
        grid(64, window: nil, positions: true),
        grid(64, window: nil, positions: false),
        grid(64, window: 14, positions: true),
        plain("ViT-B/16", 197, 197, 768, heads: 12),
        plain("decoder tokens to picture", 7, 4096, 128, heads: 8),
        plain("decoder picture to tokens", 4096, 7, 128, heads: 8),
        plain("decoder tokens", 7, 7, 256, heads: 8),
    ]

    /// Passes over memory: read once, written once.
    private static func pass(
        _ name: String, _ shape: Tensor.Shape, reads: Double = 1,
        _ body: @escaping @Sendable (Tensor) -> Tensor
    ) -> Case {
        Case(name: "\(name) \(shape)", bytes: (reads + 1) * 4 * Double(shape.elementCount)) {
            let x = random(shape)
            return { _ = body(x) }
        }
    }

    private static let rows = [
        Case(name: "layerNorm [4096, 768]", bytes: 8 * 4096 * 768) {
            let layer = LayerNorm(weight: random([768]), bias: random([768]), epsilon: 1e-6)
            let x = random([4096, 768])
            return { _ = layer(x) }
        },
        pass("gelu", [4096, 3072]) { $0.gelu() },
        pass("exp", [4096, 768]) { $0.exp() },
        pass("softmax", [4096, 768]) { softmax($0) },
        pass("add", [4096, 768], reads: 2) { $0 + $0 },
        pass("transposed heads", [4096, 12, 64]) { $0.transposed([1, 0, 2]) },
    ]

    private static let others = [
        Case(name: "conv 3×3 neck [64, 64, 256]", operations: 2 * 4096 * 256 * 256 * 9) {
            let layer = Conv2d(weight: random([256, 256, 3, 3], scale: 0.02), bias: nil, stride: 1)
            let x = random([1, 64, 64, 256])
            return { _ = layer(x) }
        },
        Case(name: "conv patches 16×16 of [1024, 1024, 3]", operations: 2 * 4096 * 768 * 768) {
            let layer = Conv2d(
                weight: random([768, 3, 16, 16], scale: 0.03), bias: random([768]), stride: 16)
            let x = random([1, 1024, 1024, 3])
            return { _ = layer(x) }
        },
        Case(name: "transposed conv 2×2 [64, 64, 256] to 64", operations: 2 * 4096 * 256 * 256) {
            let layer = ConvTranspose2d(weight: random([256, 64, 2, 2], scale: 0.06), bias: random([64]))
            let x = random([1, 64, 64, 256])
            return { _ = layer(x) }
        },
        Case(name: "bilinear [256, 256] to [1024, 1024]", bytes: 4 * (65536 + 1_048_576)) {
            let x = random([256, 256])
            return { _ = x.interpolatedBilinear(height: 1024, width: 1024) }
        },
    ]
}
