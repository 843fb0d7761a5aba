import Synchronization
package import Tensor
package import SpanielPlatform

extension CLIP {
    /// Turns texts into vectors, for CLIP and the models built on it: the tokenizer, the text encoder and the
    /// projection to the common space.
    ///
    /// Each text is encoded once; copies of a model share the memory of that. The tokenizer is read when the
    /// first text comes, so that pictures and examples work without one.
    package struct Texts: Sendable {
        package let encoder: TextEncoder
        package let projection: Linear
        /// Whether the vectors get length 1.
        package let isNormalized: Bool
        private let memory: Memory

        /// - Parameters:
        ///   - weights: the cursor above `text_model` and `text_projection`.
        ///   - folder: the folder with the tokenizer's files.
        package init(
            _ weights: Weights, _ configuration: Configuration, tokenizerFolder folder: URL,
            isNormalized: Bool
        ) throws {
            let sizes = configuration.text
            encoder = try TextEncoder(weights["text_model"], sizes)
            projection = try Linear(
                weights["text_projection"], in: sizes.layers.channels, out: configuration.projection,
                bias: false)
            self.isNormalized = isNormalized
            memory = Memory(folder: folder, model: weights.modelName, vocabulary: sizes.vocabulary)
        }

        /// Encodes ids and projects the results.
        /// - Parameter ids: each text from its start token to its end token.
        /// - Returns: [texts, D].
        /// - Throws: `CancellationError`, between layers.
        package func callAsFunction(_ ids: [[Int32]]) throws -> Tensor {
            let projected = projection(try encoder(ids))
            return isNormalized ? projected.l2Normalized() : projected
        }

        /// The tokenizer, read on the first call.
        /// - Throws: `CLIPError` or `WeightsError` if its files are missing, wrong, or of another model.
        package func tokenizer() throws -> Tokenizer { try memory.tokenizer() }

        /// Splits a text into tokens, at most as many as the model takes.
        /// - Throws: `CLIPError` for a text without a known word; the errors of `tokenizer`.
        package func tokens(_ text: String) throws -> Tokens {
            let tokens = try tokenizer()(text, length: encoder.configuration.length)
            try tokens.check(text)
            return tokens
        }

        /// Does what transformers' processor does with texts: fills each up to the model's length.
        /// - Returns: ids as numbers, [texts, length].
        package func inputIDs(_ texts: [String]) throws -> Tensor {
            let (tokenizer, length) = (try tokenizer(), encoder.configuration.length)
            let ids = texts.flatMap {
                tokenizer($0, length: length).padded(to: length, with: tokenizer.paddingID)
            }
            return Tensor(ids.map(Float.init), [texts.count, length])
        }

        /// Turns texts into vectors, in the order given.
        /// - Throws: `CLIPError` for a text without a known word; the errors of `tokenizer`;
        ///   `CancellationError`.
        package func embed(_ texts: [String]) throws -> [TextEmbedding] {
            var known = memory.known(texts)
            let unknown = Set(texts).subtracting(known.keys).sorted()
            if !unknown.isEmpty {
                let tokens = try unknown.map(tokens)
                let vectors = try self(tokens.map(\.ids))
                let new = unknown.indices.map { i in
                    TextEmbedding(text: unknown[i], embedding: vectors[leading: i], wasCut: tokens[i].wasCut)
                }
                memory.keep(new)
                for embedding in new { known[embedding.text] = embedding }
            }
            return texts.compactMap { known[$0] }
        }
    }

    private final class Memory: Sendable {
        private struct State {
            var tokenizer: Tokenizer?
            var embeddings: [String: TextEmbedding] = [:]
        }

        /// The limit beyond which all remembered texts are dropped; they take a few megabytes.
        private static let most = 4096

        private let state = Mutex(State())
        private let folder: URL
        private let model: String
        private let vocabulary: Int

        init(folder: URL, model: String, vocabulary: Int) {
            (self.folder, self.model, self.vocabulary) = (folder, model, vocabulary)
        }

        func tokenizer() throws -> Tokenizer {
            try state.withLock { state in
                if let tokenizer = state.tokenizer { return tokenizer }
                let tokenizer = try Tokenizer(contentsOf: folder)
                guard tokenizer.vocabularySize <= vocabulary else {
                    throw CLIPError.vocabulary(
                        model: model, tokenizer: tokenizer.vocabularySize, embeddings: vocabulary)
                }
                state.tokenizer = tokenizer
                return tokenizer
            }
        }

        func known(_ texts: [String]) -> [String: TextEmbedding] {
            state.withLock { state in
                Dictionary(texts.compactMap { text in state.embeddings[text].map { (text, $0) } }) {
                    first, _ in first
                }
            }
        }

        func keep(_ new: [TextEmbedding]) {
            state.withLock { state in
                if state.embeddings.count + new.count > Self.most { state.embeddings = [:] }
                for embedding in new.prefix(Self.most) { state.embeddings[embedding.text] = embedding }
            }
        }
    }
}
