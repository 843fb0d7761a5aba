extension Tensor {
    /// How the numbers of a layer's products are kept while they are multiplied. Tensors are Float32 in either,
    /// and so are sums, softmax, norms and residuals.
    public enum Precision: String, Sendable, CaseIterable {
        case float32
        /// Both sides of a product are rounded to bfloat16, the first 16 bits of a Float32: half the memory for
        /// weights, and several times the speed on processors with instructions for it; everywhere else exact to
        /// the same rounding, but slower than `float32`.
        case bfloat16

        /// bfloat16 where the processor has instructions for it, else float32.
        public static var fastest: Precision { bfloat16.isNative ? .bfloat16 : .float32 }

        /// What suits an image encoder of so many channels on this processor: `fastest`, but float32 where they
        /// are few. There every product sums few terms and rounding shows: with the published widths, 768 and
        /// more, bfloat16 costs little, while the models that ship (192) would give masks that overlap those of
        /// float32 by 0.98 at least (SAM) or 0.82 (CLIPSeg), and would save milliseconds.
        package static func suiting(channels: Int) -> Precision { channels < 512 ? .float32 : .fastest }

        /// Whether this processor multiplies such numbers with instructions of its own, under the chosen
        /// instruction set.
        public var isNative: Bool {
            switch self {
            case .float32: true
            case .bfloat16: InstructionSet.current >= .avx512bf16
            }
        }
    }
}
