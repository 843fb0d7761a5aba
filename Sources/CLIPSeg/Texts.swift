#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import Synchronization
import Tensor

extension CLIPSeg {
    /// Texts as prompts; each text is encoded once, however often it is asked for.
    /// - Returns: in the order given; one that was longer than the model takes says so.
    /// - Throws: `CLIPError` for a text that is empty or of only unknown characters, and for missing or inconsistent tokenizer files.
    public func embed(_ texts: [String]) throws -> [Conditional] { try self.texts.prompts(texts) }

    /// Embeds away from the caller's thread.
    @concurrent public func embed(_ texts: [String]) async throws -> [Conditional] {
        let embedNow: () throws -> [Conditional] = { try embed(texts) }
        return try embedNow()
    }

    /// From texts to prompts: the tokenizer, CLIP's text encoder, and the projection to the common space, not normalised.
    package struct Texts: Sendable {
        package let encoder: CLIP.TextEncoder
        package let projection: Linear
        private let memory: Memory

        /// - Parameters:
        ///   - weights: at `clip`.
        ///   - folder: with the tokenizer's files, which are read when the first text comes: examples need none.
        init(_ weights: Weights, _ configuration: CLIP.Configuration, folder: URL) throws {
            encoder = try CLIP.TextEncoder(weights["text_model"], configuration.text)
            projection = try Linear(
                weights["text_projection"], in: configuration.text.layers.channels, out: configuration.projection, bias: false)
            memory = Memory(folder: folder, model: weights.modelName, vocabulary: configuration.text.vocabulary)
        }

        /// - Parameter ids: each text from its start token to its end token.
        /// - Returns: [texts, D].
        package func callAsFunction(_ ids: [[Int32]]) throws -> Tensor { projection(try encoder(ids)) }

        /// The ids that transformers' processor gives a text, filled up to the model's length.
        package func ids(_ text: String) throws -> [Int32] {
            let (tokenizer, length) = (try memory.tokenizer(), encoder.configuration.length)
            return tokenizer(text, length: length).padded(to: length, with: tokenizer.paddingID)
        }

        func prompts(_ texts: [String]) throws -> [Conditional] {
            var known = memory.known()
            var unknown: [String] = []
            for text in texts where known[text] == nil && !unknown.contains(text) { unknown.append(text) }
            if !unknown.isEmpty {
                let tokenizer = try memory.tokenizer()
                let tokens = try unknown.map { text in
                    let tokens = tokenizer(text, length: encoder.configuration.length)
                    try tokens.check(text)
                    return tokens
                }
                let embeddings = try self(tokens.map(\.ids))
                for (i, text) in unknown.enumerated() {
                    known[text] = Conditional(embedding: embeddings[leading: i], text: text, wasCut: tokens[i].wasCut)
                }
                memory.keep(known)
            }
            return texts.compactMap { known[$0] }
        }
    }

    /// What a model's copies share about texts.
    private final class Memory: Sendable {
        private struct State {
            var tokenizer: CLIP.Tokenizer?
            var prompts: [String: Conditional] = [:]
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

        func known() -> [String: Conditional] { state.withLock(\.prompts) }

        func keep(_ prompts: [String: Conditional]) {
            state.withLock { state in
                if state.prompts.count > Self.most { state.prompts = [:] }
                state.prompts.merge(prompts) { first, _ in first }
            }
        }
    }
}
