package import SAM
package import SpanielImaging
package import Tensor

extension SAM {
    /// Returns the tensors that the model computes on the way, named and in the axis order of transformers.
    ///
    /// `pixel_values` [1, 3, S, S], `image_embeddings` [1, C, h, w], and with a prompt `low_res_masks` [1, 1,
    /// M, 4h, 4w] and `iou_scores` [1, 1, M]. SAM 2 has `high_res_features.0` [1, C/8, 4h, 4w] and `.1` [1,
    /// C/4, 2h, 2w] too, and with a prompt `object_score_logits` [1, 1, 1].
    package func tensors(
        _ picture: Picture, prompt: Prompt?, multimask: Bool
    ) throws -> [(name: String, tensor: Tensor)] {
        let (pixels, frame) = preprocessing(picture)
        return try tensors(pixels: pixels, frame: frame, prompt: prompt, multimask: multimask)
    }

    /// Does the same from pixel values; the prompt is then in pixels of the model's square input.
    /// - Parameter pixelValues: [1, 3, S, S].
    package func tensors(
        pixelValues: Tensor, prompt: Prompt?, multimask: Bool
    ) throws -> [(name: String, tensor: Tensor)] {
        let side = configuration.imageEncoder.imageSize
        let expected: Tensor.Shape = [1, 3, side, side]
        guard pixelValues.shape == expected else {
            throw TensorsError.pixelValues(found: pixelValues.shape, expected: expected)
        }
        let square = Size(width: side, height: side)
        return try tensors(
            pixels: pixelValues.transposed([0, 2, 3, 1]),
            frame: Frame(
                original: square, resized: square, side: side, isStretched: preprocessing.isStretched),
            prompt: prompt,
            multimask: multimask)
    }

    private func tensors(
        pixels: Tensor, frame: Frame, prompt: Prompt?, multimask: Bool
    ) throws -> [(name: String, tensor: Tensor)] {
        let prompt = try prompt?.checked(in: frame.original, maskShape: maskShape)
        let encoding = try encode(pixels: pixels, frame: frame)
        let embedding = cells(of: encoding.embedding).reshaped(
            Tensor.Shape([1] + encoding.embedding.shape.extents))
        var tensors: [(name: String, tensor: Tensor)] = [
            ("pixel_values", pixels.transposed([0, 3, 1, 2])),
            ("image_embeddings", embedding.transposed([0, 3, 1, 2])),
        ]
        for (i, level) in encoding.fineLevels.enumerated() {
            tensors.append(("high_res_features.\(i)", level.transposed([0, 3, 1, 2])))
        }
        if let prompt {
            let (logits, scores, presence) = decode(
                prompts: [prompt], in: encoding, multimask: multimask)
            tensors.append(("low_res_masks", logits.reshaped(Tensor.Shape([1] + logits.shape.extents))))
            tensors.append(("iou_scores", scores.reshaped(Tensor.Shape([1] + scores.shape.extents))))
            if let presence {
                tensors.append(("object_score_logits", presence.reshaped([1, 1, 1])))
            }
        }
        return tensors
    }
}
