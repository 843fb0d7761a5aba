import CSpanielKernels

extension Tensor {
    /// What may follow a product's sums.
    public enum Activation: Sendable {
        case identity
        case relu
        /// x Φ(x) with the error function.
        case gelu
        /// x σ(1.702 x), OpenAI's approximation.
        case quickGELU

        var kernel: Int32 {
            switch self {
            case .identity: Int32(spaniel_identity.rawValue)
            case .relu: Int32(spaniel_relu.rawValue)
            case .gelu: Int32(spaniel_gelu.rawValue)
            case .quickGELU: Int32(spaniel_quick_gelu.rawValue)
            }
        }
    }
}
