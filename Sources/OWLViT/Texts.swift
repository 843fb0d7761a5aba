extension OWLViT {
    /// A text with its embedding, [D] of length one.
    public typealias Text = CLIP.TextEmbedding

    /// Embeds texts; each text is encoded once, and later calls use the result.
    ///
    ///     print(try owl.embed(["a boot"])[0].wasCut) // false
    ///
    /// - Returns: the texts in the order given; `wasCut` says whether one was longer than the model takes.
    /// - Throws: `CLIPError` for a text that is empty or has unknown characters only, and for missing or
    ///   inconsistent tokenizer files; `CancellationError`.
    public func embed(_ texts: [String]) throws -> [Text] { try self.texts.embed(texts) }

    /// Makes a class from texts, which are embedded.
    ///
    ///     let boot = try owl.concept("boot", texts: ["a boot", "a hiking boot"])
    ///
    /// - Parameters:
    ///   - className: the name of the class in detections.
    ///   - texts: at least one text; an object's score is that of the best.
    /// - Throws: `OWLViTError.nothingToLearn` without a text; what `embed(_:)` throws.
    public func concept(_ className: String, texts: [String]) throws -> Concept {
        try concept(className, texts: embed(texts) as [Text])
    }
}
