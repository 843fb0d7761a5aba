extension CLIP {
    /// Splits a text into ids of CLIP's words and parts of words, the same ids as transformers'
    /// `CLIPTokenizer`.
    ///
    ///     let tokenizer = try CLIP.Tokenizer(contentsOf: folder)
    ///     print(tokenizer("a photo of a cat", length: 77).ids)
    ///     // [49406, 320, 1125, 539, 320, 2368, 49407]
    ///
    /// A text is normalised (Unicode's form C, then lower case), cut into runs of letters, single digits and
    /// runs of signs, and each piece into the parts to which its bytes merge. Unlike OpenAI's original, it
    /// repairs neither HTML entities nor broken encodings.
    public struct Tokenizer: Sendable {
        /// The largest id plus one.
        public let vocabularySize: Int
        /// The id of the token that begins every text.
        public let startID: Int32
        /// The id of the token that ends every text.
        public let endID: Int32
        /// The id that stands for a byte missing in the vocabulary; in published models it is the end token.
        public let unknownID: Int32
        /// The id with which transformers fills up short texts.
        public let paddingID: Int32
        let pairs: BytePairs
        /// The tokens that are looked for in a text as it was written.
        let verbatim: [AddedToken]
        /// The tokens that are looked for in a text after it was normalised.
        let normalized: [AddedToken]

        /// A text that is one token wherever it occurs, whatever is next to it.
        struct AddedToken: Sendable, Equatable {
            let scalars: [Unicode.Scalar]
            let id: Int32
        }

        /// Splits a text.
        /// - Parameters:
        ///   - text: any text, an empty one too.
        ///   - length: the largest number of ids, at least 2; a longer text is cut before its end token.
        public func callAsFunction(_ text: String, length: Int) -> Tokens {
            precondition(length >= 2, "a text of \(length) tokens has no room for its start and its end")
            var words: [Int32] = []
            var unknown = 0
            split(Array(text.unicodeScalars), at: verbatim, into: &words) { plain, words in
                split(Text.normalized(plain), at: normalized, into: &words) { plain, words in
                    Text.forEachPiece(of: plain) { piece in
                        unknown += pairs.append(
                            Array(String(String.UnicodeScalarView(piece)).utf8), unknown: unknownID,
                            to: &words)
                    }
                }
            }
            let kept = words.prefix(length - 2)
            return Tokens(
                ids: [startID] + kept + [endID], words: words.count, unknown: unknown,
                wasCut: kept.count < words.count)
        }

        /// Appends the ids of the tokens found in a text; the text between them goes to `rest`, which appends
        /// its own.
        ///
        /// If several tokens match at one place, the longest is taken.
        private func split(
            _ text: [Unicode.Scalar], at tokens: [AddedToken], into words: inout [Int32],
            rest: (ArraySlice<Unicode.Scalar>, inout [Int32]) -> Void
        ) {
            var start = 0
            var i = 0
            while i < text.count {
                guard let token = longest(of: tokens, text[i...]) else {
                    i += 1
                    continue
                }
                if start < i { rest(text[start..<i], &words) }
                words.append(token.id)
                i += token.scalars.count
                start = i
            }
            if start < text.count { rest(text[start...], &words) }
        }

        private func longest(of tokens: [AddedToken], _ text: ArraySlice<Unicode.Scalar>) -> AddedToken? {
            var longest: AddedToken?
            for token in tokens
            where text.first == token.scalars.first && token.scalars.count > longest?.scalars.count ?? 0 {
                if text.starts(with: token.scalars) { longest = token }
            }
            return longest
        }
    }
}
