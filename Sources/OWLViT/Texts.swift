#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import Synchronization
import Tensor

extension OWLViT {
    /// From texts to queries: the tokenizer, CLIP's text encoder, and the projection to the common space.
    package struct Texts: Sendable {
        package let encoder: CLIP.TextEncoder
        package let projection: Linear
        private let memory: Memory

        /// - Parameters:
        ///   - weights: at `owlvit` or `owlv2`.
        ///   - folder: with the tokenizer's files, which are read when the first text comes: examples need none.
        init(_ weights: Weights, _ configuration: Configuration, folder: URL) throws {
            let sizes = configuration.encoders.text
            encoder = try CLIP.TextEncoder(weights["text_model"], sizes)
            projection = try Linear(
                weights["text_projection"], in: sizes.layers.channels, out: configuration.embedding, bias: false)
            memory = Memory(folder: folder, model: weights.modelName, vocabulary: sizes.vocabulary)
        }

        /// - Parameter ids: each text from its start token to its end token.
        /// - Returns: [texts, D], rows of length one.
        package func callAsFunction(_ ids: [[Int32]]) throws -> Tensor {
            projection(try encoder(ids)).l2Normalized()
        }

        /// The tokenizer, read when first asked for.
        package func tokenizer() throws -> CLIP.Tokenizer { try memory.tokenizer() }

        /// Texts as queries, each encoded once.
        func queries(_ texts: [String]) throws -> [Text] {
            let known = memory.known(texts)
            var unknown: [String] = []
            for text in texts where known[text] == nil && !unknown.contains(text) { unknown.append(text) }
            if unknown.isEmpty { return texts.compactMap { known[$0] } }
            let tokenizer = try tokenizer()
            let tokens = try unknown.map { text in
                let tokens = tokenizer(text, length: encoder.configuration.length)
                try tokens.check(text)
                return tokens
            }
            let embeddings = try self(tokens.map(\.ids))
            var found = known
            for (i, text) in unknown.enumerated() {
                found[text] = Text(text: text, embedding: embeddings[leading: i], wasCut: tokens[i].wasCut)
            }
            memory.keep(found)
            return texts.compactMap { found[$0] }
        }
    }

    /// What a model's copies share about texts.
    private final class Memory: Sendable {
        private struct State {
            var tokenizer: CLIP.Tokenizer?
            var queries: [String: Text] = [:]
        }

        /// Beyond this many texts all are forgotten: a few megabytes.
        private static let most = 4096

        private let state = Mutex(State())
        private let folder: URL
        private let model: String
        private let vocabulary: Int

        init(folder: URL, model: String, vocabulary: Int) {
            (self.folder, self.model, self.vocabulary) = (folder, model, vocabulary)
        }

        func tokenizer() throws -> CLIP.Tokenizer {
            try state.withLock { state in
                if let tokenizer = state.tokenizer { return tokenizer }
                let tokenizer = try CLIP.Tokenizer(contentsOf: folder)
                guard tokenizer.vocabularySize <= vocabulary else {
                    throw CLIPError.vocabulary(model: model, tokenizer: tokenizer.vocabularySize, embeddings: vocabulary)
                }
                state.tokenizer = tokenizer
                return tokenizer
            }
        }

        func known(_ texts: [String]) -> [String: Text] {
            state.withLock { state in
                Dictionary(texts.compactMap { text in state.queries[text].map { (text, $0) } }, uniquingKeysWith: { first, _ in first })
            }
        }

        func keep(_ queries: [String: Text]) {
            state.withLock { state in
                if state.queries.count > Self.most { state.queries = [:] }
                state.queries.merge(queries) { first, _ in first }
            }
        }
    }
}

extension OWLViT {
    /// Texts as queries; each text is encoded once, however often it is asked for.
    /// - Returns: in the order given; one that was longer than the model takes says so.
    /// - Throws: `CLIPError` for a text that is empty or of only unknown characters, and for missing or inconsistent tokenizer files.
    public func embed(_ texts: [String]) throws -> [Text] { try self.texts.queries(texts) }

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
