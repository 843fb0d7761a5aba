extension CLIP {
    /// A text as the ids that a text encoder reads.
    public struct Tokens: Sendable, Equatable {
        /// The ids from the start token to the end token, at most as many as were asked for.
        public let ids: [Int32]
        /// The number of tokens of the whole text, start and end left out.
        public let words: Int
        /// The number of those tokens that stand for a character missing in the vocabulary.
        public let unknown: Int
        /// Whether the text was longer than the model takes, so that its end was left out.
        public let wasCut: Bool

        /// Fills the ids up to a length as transformers does; the padding changes no result.
        package func padded(to length: Int, with id: Int32) -> [Int32] {
            ids + Array(repeating: id, count: max(0, length - ids.count))
        }

        /// - Throws: `CLIPError` if the text has no word, or no known character.
        package func check(_ text: String) throws(CLIPError) {
            if words == 0 { throw .textEmpty }
            if unknown == words { throw .textUnknown(text) }
        }
    }
}
