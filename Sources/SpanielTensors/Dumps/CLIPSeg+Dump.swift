package import CLIPSeg
package import SpanielImaging
package import Tensor

extension CLIPSeg {
    /// Returns the tensors that the model computes on the way, named and in the axis order of transformers.
    ///
    /// `pixel_values` [1, 3, S, S] and with prompts `conditional_embeddings` [P, D] and `logits` [P, s, s];
    /// `input_ids` [T, L] of those that are texts, filled up to the model's length.
    package func tensors(_ picture: Picture, prompts: [Conditional] = []) throws -> [(
        name: String, tensor: Tensor
    )] {
        try tensors(pixels: preprocessing(picture), size: picture.size, prompts: prompts)
    }

    /// Does the same from pixel values.
    /// - Parameter pixelValues: [1, 3, S, S].
    package func tensors(pixelValues: Tensor, prompts: [Conditional] = []) throws -> [(
        name: String, tensor: Tensor
    )] {
        let size = preprocessing.output
        let expected: Tensor.Shape = [1, 3, size.height, size.width]
        guard pixelValues.shape == expected else {
            throw TensorsError.pixelValues(found: pixelValues.shape, expected: expected)
        }
        return try tensors(pixels: pixelValues.transposed([0, 2, 3, 1]), size: size, prompts: prompts)
    }

    private func tensors(pixels: Tensor, size: Size, prompts: [Conditional]) throws -> [(
        name: String, tensor: Tensor
    )] {
        var tensors = [("pixel_values", pixels.transposed([0, 3, 1, 2]))]
        let words = prompts.compactMap(\.text)
        if !words.isEmpty { tensors.append(("input_ids", try texts.inputIDs(words))) }
        if !prompts.isEmpty {
            tensors.append(("conditional_embeddings", Tensor.stack(prompts.map(\.embedding))))
            tensors.append(("logits", try logits(for: prompts, in: encode(pixels: pixels, size: size))))
        }
        return tensors.map { (name: $0.0, tensor: $0.1) }
    }
}
