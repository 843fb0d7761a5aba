import CSpanielKernels

extension Tensor {
    /// A function that a layer may apply to its product's sums.
    public enum Activation: Sendable {
        /// x
        case identity
        /// max(x, 0)
        case relu
        /// x Φ(x), by the error function.
        case gelu
        /// x σ(1.702 x), OpenAI's approximation.
        case quickGELU
        /// x σ(x), also called swish.
        case silu

        /// The number that the kernels know it by.
        var kernel: Int32 {
            switch self {
            case .identity: Int32(spaniel_identity.rawValue)
            case .relu: Int32(spaniel_relu.rawValue)
            case .gelu: Int32(spaniel_gelu.rawValue)
            case .quickGELU: Int32(spaniel_quick_gelu.rawValue)
            case .silu: Int32(spaniel_silu.rawValue)
            }
        }
    }
}
