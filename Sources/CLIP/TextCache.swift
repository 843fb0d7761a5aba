import Synchronization
import Tensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension CLIP {
    /// What a model's copies share about texts: the tokenizer, read when the first text comes, and the vectors of the texts there were.
    package final class TextCache: Sendable {
        private struct State {
            var tokenizer: Tokenizer?
            var embeddings: [String: TextEmbedding] = [:]
        }

        /// Beyond this many texts all are forgotten: a few megabytes.
        private static let most = 4096

        private let state = Mutex(State())
        private let folder: URL
        private let model: String
        private let configuration: Configuration.Text

        /// - Parameters:
        ///   - tokenizerFolder: with the tokenizer's files; pictures and examples need none.
        ///   - model: what messages call the model.
        package init(tokenizerFolder: URL, model: String, configuration: Configuration.Text) {
            (folder, self.model, self.configuration) = (tokenizerFolder, model, configuration)
        }

        /// - Throws: `CLIPError` or `WeightsError` when the tokenizer's files are missing, wrong, or another model's.
        package func tokenizer() throws -> Tokenizer {
            try state.withLock { state in
                if let tokenizer = state.tokenizer { return tokenizer }
                let tokenizer = try Tokenizer(contentsOf: folder)
                guard tokenizer.vocabularySize <= configuration.vocabulary else {
                    throw CLIPError.vocabulary(model: model, tokenizer: tokenizer.vocabularySize, embeddings: configuration.vocabulary)
                }
                state.tokenizer = tokenizer
                return tokenizer
            }
        }

        /// Texts as vectors, each encoded once.
        ///
        /// - Parameter encode: from ids to the vectors, [texts, D]; called without the lock.
        /// - Throws: `CLIPError` for a text that says nothing, and for the tokenizer's files; what `encode` throws.
        package func callAsFunction(_ texts: [String], encode: ([[Int32]]) throws -> Tensor) throws -> [TextEmbedding] {
            var known = state.withLock { $0.embeddings }
            let unknown = Set(texts).subtracting(known.keys).sorted()
            if !unknown.isEmpty {
                let tokenizer = try tokenizer()
                let tokens = try unknown.map { text in
                    let tokens = tokenizer(text, length: configuration.length)
                    try tokens.check(text)
                    return tokens
                }
                let vectors = try encode(tokens.map(\.ids))
                for (i, text) in unknown.enumerated() {
                    known[text] = TextEmbedding(text: text, embedding: vectors[leading: i], wasCut: tokens[i].wasCut)
                }
                keep(unknown.compactMap { known[$0] })
            }
            return texts.compactMap { known[$0] }
        }

        /// What transformers' processor makes of texts: each filled up to the model's length.
        /// - Returns: ids as numbers, [texts, length].
        package func inputIDs(_ texts: [String]) throws -> Tensor {
            let tokenizer = try tokenizer()
            let length = configuration.length
            let ids = texts.flatMap { tokenizer($0, length: length).padded(to: length, with: tokenizer.paddingID) }
            return Tensor(ids.map(Float.init), [texts.count, length])
        }

        private func keep(_ new: [TextEmbedding]) {
            state.withLock { state in
                if state.embeddings.count + new.count > Self.most { state.embeddings = [:] }
                for embedding in new.prefix(Self.most) { state.embeddings[embedding.text] = embedding }
            }
        }
    }
}
