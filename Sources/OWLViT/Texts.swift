#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import Tensor

extension OWLViT {
    /// From texts to queries: CLIP's text encoder and the projection to the common space.
    package struct Texts: Sendable {
        package let encoder: CLIP.TextEncoder
        package let projection: Linear

        /// - Parameter weights: at `owlvit` or `owlv2`.
        init(_ weights: Weights, _ configuration: Configuration, folder: URL) throws {
            let sizes = configuration.encoders.text
            encoder = try CLIP.TextEncoder(weights["text_model"], sizes)
            projection = try Linear(
                weights["text_projection"], in: sizes.layers.channels, out: configuration.embedding, bias: false)
        }

        /// - Parameter ids: each text from its start token to its end token.
        /// - Returns: [texts, D], rows of length one.
        package func callAsFunction(_ ids: [[Int32]]) throws -> Tensor {
            projection(try encoder(ids)).l2Normalized()
        }
    }
}
