import CSpanielKernels

extension Tensor {
    /// The format in which a layer's products read their numbers. Tensors are Float32 in all, and so are
    /// softmax, norms and residuals.
    public enum Precision: String, Sendable, CaseIterable, Codable {
        /// Products read Float32, 24 significant bits.
        case float32
        /// Products round both sides to bfloat16, the first 16 bits of a Float32. Weights take half the
        /// memory, and processors with instructions for it are several times as fast; others round the same
        /// way and are slower than `float32`.
        case bfloat16
        /// The linear layers of an image encoder quantise their weights by channels and what they read by
        /// tokens, both to 8 bits, and sum whole numbers; attention takes 16 bits, or where its heads have few
        /// channels the one of the others that is faster; convolutions and a model's heads compute in the one
        /// that suits it. Weights take a quarter of the memory. Never chosen by itself: the results differ in
        /// the second or third digit.
        case int8

        /// `bfloat16` if the processor is faster with it, otherwise `float32`.
        public static var fastest: Precision { bfloat16.isFast ? .bfloat16 : .float32 }

        /// Returns `fastest` for an image encoder of many channels, and `float32` for one of fewer than 512;
        /// SAM decides by its own figures.
        ///
        /// A product of few channels sums few terms, so that rounding shows. With the published widths, 768
        /// and more, bfloat16 costs little. The models that ship (192 channels) would give masks that overlap
        /// those of float32 by 0.98 at least (SAM) or 0.82 (CLIPSeg), and would save milliseconds.
        package static func suiting(channels: Int) -> Precision { channels < 512 ? .float32 : .fastest }

        /// What computes where nothing is quantised: for `int8` the fastest of the others, for these
        /// themselves.
        public var floating: Precision { self == .int8 ? .fastest : self }

        /// What attention of heads of `channels` computes in: `int8` too, but in its floating precision where
        /// that is faster, which it is for narrow heads, and for all where the kernels have no attention of
        /// whole numbers (AMX, Arm).
        func attention(channels: Int) -> Precision {
            guard self == .int8, let kernels = Kernels.current else { return self }
            let isNarrow = channels <= Int(SPANIEL_NARROW_CHANNELS)
            return kernels.haveInt8Attention && !isNarrow ? .int8 : floating
        }

        /// Whether the processor has instructions for products in this precision that make them faster than
        /// those of `float32`, with the instruction set in use.
        public var isFast: Bool {
            switch self {
            case .float32: true
            case .bfloat16: InstructionSet.current.multipliesBFloat16Faster
            case .int8:
                InstructionSet.current >= .avx512vnni
                    || [.avx2vnni, .dotprod].contains(InstructionSet.current)
            }
        }
    }
}
