package import CLIP
package import SpanielImaging
package import Tensor

extension CLIP {
    /// Returns the tensors that the model computes on the way, named and in the axis order of transformers.
    ///
    /// `pixel_values` [1, 3, S, S], `image_embeds` [1, D], and with texts `input_ids` [T, N], `text_embeds`
    /// [T, D] and `logits_per_image` [1, T]; embeddings have length 1, ids are padded to the model's length.
    package func tensors(_ picture: Picture, texts: [String]) throws -> [(name: String, tensor: Tensor)] {
        try tensors(pixels: preprocessing(picture), texts: texts)
    }

    /// Does the same from pixel values.
    /// - Parameter pixelValues: [1, 3, S, S].
    package func tensors(pixelValues: Tensor, texts: [String]) throws -> [(name: String, tensor: Tensor)] {
        let side = configuration.image.imageSize
        let expected: Tensor.Shape = [1, 3, side, side]
        guard pixelValues.shape == expected else {
            throw TensorsError.pixelValues(found: pixelValues.shape, expected: expected)
        }
        return try tensors(pixels: pixelValues.transposed([0, 2, 3, 1]), texts: texts)
    }

    private func tensors(pixels: Tensor, texts: [String]) throws -> [(name: String, tensor: Tensor)] {
        let encoding = try encode(pixels: pixels)
        var tensors = [
            (name: "pixel_values", tensor: pixels.transposed([0, 3, 1, 2])),
            (name: "image_embeds", tensor: Tensor.stack([encoding.embedding.l2Normalized()])),
        ]
        if !texts.isEmpty {
            let embeddings = try embed(texts)
            tensors += [
                ("input_ids", try self.texts.inputIDs(texts)),
                ("text_embeds", Tensor.stack(embeddings.map(\.embedding))),
                ("logits_per_image", Tensor.stack([logits(for: embeddings, in: encoding)])),
            ]
        }
        return tensors
    }
}
