extension OWLViT {
    /// A text as a query: its embedding is [D], of length one.
    public typealias Text = CLIP.TextEmbedding

    /// Texts as queries; each text is encoded once, however often it is asked for.
    /// - Returns: in the order given; one that was longer than the model takes says so.
    /// - Throws: `CLIPError` for a text that is empty or of only unknown characters, and for missing or
    ///   inconsistent tokenizer files.
    public func embed(_ texts: [String]) throws -> [Text] { try self.texts.embed(texts) }

    /// A class that is described in words.
    /// - Parameter texts: at least one; an object fits as well as it fits the best of them.
    /// - Throws: `OWLViTError.nothingToLearn` without a text; what `embed` throws.
    public func concept(_ className: String, texts: [String]) throws -> Concept {
        try concept(className, texts: embed(texts) as [Text])
    }
}
