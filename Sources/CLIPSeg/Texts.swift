extension CLIPSeg {
    /// Texts as prompts; each text is encoded once, however often it is asked for.
    /// - Returns: in the order given; one that was longer than the model takes says so.
    /// - Throws: `CLIPError` for a text that is empty or of only unknown characters, and for missing or
    ///   inconsistent tokenizer files.
    public func embed(_ texts: [String]) throws -> [Conditional] {
        try self.texts.embed(texts).map {
            Conditional(embedding: $0.embedding, text: $0.text, wasCut: $0.wasCut)
        }
    }
}
