extension CLIP {
    /// A text as a text encoder takes it.
    public struct Tokens: Sendable, Equatable {
        /// From the start token to the end token, at most as many as were asked for.
        public let ids: [Int32]
        /// How many tokens the whole text has besides start and end.
        public let words: Int
        /// How many of those stand for a character that the vocabulary does not have.
        public let unknown: Int
        /// Whether the text was longer than the model takes.
        public let wasCut: Bool

        /// The ids filled up to a length, as transformers does; what stands there changes no result.
        package func padded(to length: Int, with id: Int32) -> [Int32] {
            ids + Array(repeating: id, count: max(0, length - ids.count))
        }

        /// - Throws: `CLIPError` when the text has no word, or none with a known character.
        package func check(_ text: String) throws(CLIPError) {
            if words == 0 { throw .textEmpty }
            if unknown == words { throw .textUnknown(text) }
        }
    }
}
