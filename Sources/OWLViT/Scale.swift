#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension OWLViT {
    /// What a logit and a cosine say about an object, on one scale of logits where 0 is "just found".
    ///
    /// The model's own sigmoid means something for texts. For examples it saturates: an example's embedding is far more similar to any patch
    /// than a text's, and nearly every patch scores above 0.9. There the cosine is measured between what lies beside the examples and the
    /// examples themselves.
    package enum Scale {
        /// transformers' threshold for texts.
        package static let textThreshold: Float = 0.1

        /// What transformers' documentation takes for the sigmoid of an example's logit.
        package static let sigmoidThreshold: Float = 0.6

        static func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }

        /// How far a logit is above a threshold's.
        static func margin(logit: Float, threshold: Float) -> Float { logit + log((1 - threshold) / threshold) }

        /// From -6, as similar as the background, to 6, as similar as the examples are to one another; a sigmoid makes 0.002…0.998 of it.
        package static func margin(similarity: Float, _ examples: Examples) -> Float {
            let way = (similarity - examples.background) / max(1e-3, examples.inside - examples.background)
            return 12 * way - 6
        }
    }
}
