#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import Tensor

extension OWLViT {
    /// A text as a query: its embedding is [D], of length one.
    public typealias Text = CLIP.TextEmbedding

    /// From texts to queries: the tokenizer, CLIP's text encoder, and the projection to the common space.
    package struct Texts: Sendable {
        package let encoder: CLIP.TextEncoder
        package let projection: Linear
        package let cache: CLIP.TextCache

        /// - Parameters:
        ///   - weights: at `owlvit` or `owlv2`.
        ///   - folder: with the tokenizer's files, which are read when the first text comes: examples need none.
        init(_ weights: Weights, _ configuration: Configuration, folder: URL) throws {
            let sizes = configuration.encoders.text
            encoder = try CLIP.TextEncoder(weights["text_model"], sizes)
            projection = try Linear(
                weights["text_projection"], in: sizes.layers.channels, out: configuration.embedding, bias: false)
            cache = CLIP.TextCache(tokenizerFolder: folder, model: weights.modelName, configuration: sizes)
        }

        /// - Parameter ids: each text from its start token to its end token.
        /// - Returns: [texts, D], rows of length one.
        package func callAsFunction(_ ids: [[Int32]]) throws -> Tensor {
            projection(try encoder(ids)).l2Normalized()
        }
    }

    /// Texts as queries; each text is encoded once, however often it is asked for.
    /// - Returns: in the order given; one that was longer than the model takes says so.
    /// - Throws: `CLIPError` for a text that is empty or of only unknown characters, and for missing or inconsistent tokenizer files.
    public func embed(_ texts: [String]) throws -> [Text] { try self.texts.cache(texts) { try self.texts($0) } }

    /// Embeds away from the caller's thread.
    @concurrent public func embed(_ texts: [String]) async throws -> [Text] {
        let embedNow: () throws -> [Text] = { try embed(texts) }
        return try embedNow()
    }

    /// A class that is described in words.
    /// - Parameter texts: at least one; an object fits as well as it fits the best of them.
    /// - Throws: `OWLViTError.nothingToLearn` without a text; what `embed` throws.
    public func concept(_ className: String, texts: [String]) throws -> Concept {
        try concept(className, texts: embed(texts) as [Text])
    }
}
