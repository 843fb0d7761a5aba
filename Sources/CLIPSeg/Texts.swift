extension CLIPSeg {
    /// Turns texts into prompts; each text is encoded once and remembered.
    ///
    ///     let mug = try clipseg.embed(["a red mug"])[0]
    ///     print(mug.wasCut)  // false
    ///
    /// - Returns: one prompt for each text, in their order; `wasCut` marks those that were longer than the
    ///   model takes.
    /// - Throws: `CLIPError` for a text that is empty or has no known character, and for missing or
    ///   inconsistent tokenizer files; `CancellationError`.
    public func embed(_ texts: [String]) throws -> [Conditional] {
        try self.texts.embed(texts).map {
            Conditional(embedding: $0.embedding, text: $0.text, wasCut: $0.wasCut)
        }
    }
}
