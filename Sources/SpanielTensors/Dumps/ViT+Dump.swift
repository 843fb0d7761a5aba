package import ViT
package import SpanielImaging
package import Tensor

extension ViT {
    /// Returns the tensors that the model computes on the way, named and in the axis order of transformers.
    ///
    /// `pixel_values` [1, 3, S, S], `last_hidden_state` [1, 1 + hw, C] and `logits` [1, classes].
    package func tensors(_ picture: Picture) throws -> [(name: String, tensor: Tensor)] {
        try tensors(pixels: preprocessing(picture))
    }

    /// Does the same from pixel values.
    /// - Parameter pixelValues: [1, 3, S, S].
    package func tensors(pixelValues: Tensor) throws -> [(name: String, tensor: Tensor)] {
        let expected: Tensor.Shape = [1, 3, configuration.imageSize, configuration.imageSize]
        guard pixelValues.shape == expected else {
            throw TensorsError.pixelValues(found: pixelValues.shape, expected: expected)
        }
        return try tensors(pixels: pixelValues.transposed([0, 2, 3, 1]))
    }

    private func tensors(pixels: Tensor) throws -> [(name: String, tensor: Tensor)] {
        let tokens = try tokens(pixels)
        return [
            ("pixel_values", pixels.transposed([0, 3, 1, 2])), ("last_hidden_state", tokens),
            ("logits", logits(tokens[leading: 0][leading: 0]).reshaped([1, classes.count])),
        ]
    }
}
