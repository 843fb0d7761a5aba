extension CLIP {
    /// From a text to the ids of CLIP's words and parts of words, the same as transformers' `CLIPTokenizer`.
    ///
    /// A text is normalised (Unicode's form C, then lower case), cut into letters, single digits and signs,
    /// and each piece into the parts that its bytes merge to. It knows nothing of HTML's entities or of
    /// typists' slips, unlike the original.
    public struct Tokenizer: Sendable {
        /// One more than the largest id.
        public let vocabularySize: Int
        public let startID: Int32
        public let endID: Int32
        /// What stands for a byte that the vocabulary does not have; in published models the end token.
        public let unknownID: Int32
        public let paddingID: Int32
        let pairs: BytePairs
        /// Tokens that are found in a text as they are written.
        let verbatim: [AddedToken]
        /// Tokens that are found in a text once it is normalised.
        let normalized: [AddedToken]

        /// A token that is one wherever its text stands, whatever stands around it.
        struct AddedToken: Sendable, Equatable {
            let scalars: [Unicode.Scalar]
            let id: Int32
        }

        /// - Parameters:
        ///   - text: any text.
        ///   - length: the most ids, at least 2; a longer text is cut and its end token kept.
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

        /// Appends the ids of the tokens found in a text, and in their order what `rest` makes of the text
        /// between them.
        ///
        /// At each place the longest token is taken.
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
