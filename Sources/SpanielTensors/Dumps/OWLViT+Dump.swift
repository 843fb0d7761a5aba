package import OWLViT
package import SpanielImaging
package import Tensor

extension OWLViT {
    /// Returns the tensors that the model computes on the way, named and in the axis order of transformers.
    ///
    /// `pixel_values` [1, 3, S, S], `class_embeds` [1, N, D], `pred_boxes` [1, N, 4], of OWLv2
    /// `objectness_logits` [1, N], and with texts `input_ids` [Q, L], `text_embeds` [1, Q, D] and `logits`
    /// [1, N, Q].
    package func tensors(
        _ picture: Picture, texts: [String], preparation: Preparation = .hf
    ) throws -> [(name: String, tensor: Tensor)] {
        try tensors(pixels: preprocessing(picture, preparation), texts: texts)
    }

    /// Does the same from pixel values.
    /// - Parameter pixelValues: [1, 3, S, S].
    package func tensors(pixelValues: Tensor, texts: [String]) throws -> [(name: String, tensor: Tensor)] {
        let expected: Tensor.Shape = [1, 3, configuration.side, configuration.side]
        guard pixelValues.shape == expected else {
            throw TensorsError.pixelValues(found: pixelValues.shape, expected: expected)
        }
        return try tensors(pixels: pixelValues.transposed([0, 2, 3, 1]), texts: texts)
    }

    private func tensors(pixels: Tensor, texts: [String]) throws -> [(name: String, tensor: Tensor)] {
        let patches = try patches(of: pixels)
        var tensors: [(name: String, tensor: Tensor)] = [
            ("pixel_values", pixels.transposed([0, 3, 1, 2])),
            ("class_embeds", Tensor.stack([patches.directions])),
            ("pred_boxes", Tensor.stack([patches.boxes])),
        ]
        if let objectness = patches.objectness {
            tensors.append(("objectness_logits", Tensor.stack([objectness])))
        }
        if !texts.isEmpty {
            let embeddings = Tensor.stack(try self.texts.embed(texts).map(\.embedding))
            tensors.append(("input_ids", try self.texts.inputIDs(texts)))
            tensors.append(("text_embeds", Tensor.stack([embeddings])))
            tensors.append(("logits", Tensor.stack([patches.logits(embeddings)])))
        }
        return tensors
    }
}
