package import DINOv2
package import SpanielImaging
package import Tensor

extension DINOv2 {
    /// Returns the tensors that the model computes on the way, named and in the axis order of transformers.
    ///
    /// `pixel_values` [1, 3, H, W], `last_hidden_state` [1, 1 + R + hw, C], and for each of `layers` the
    /// tokens after it, not normalised, as `layers.N`.
    package func tensors(_ picture: Picture, layers: [Int] = []) throws -> [(name: String, tensor: Tensor)] {
        try check(layers: layers)
        return try tensors(pixels: prepared(picture, .published).pixels, layers: layers)
    }

    /// Does the same from pixel values.
    /// - Parameter pixelValues: [1, 3, H, W], whole patches.
    package func tensors(pixelValues: Tensor, layers: [Int] = []) throws -> [(name: String, tensor: Tensor)] {
        try check(layers: layers)
        let (shape, patch) = (pixelValues.shape, configuration.patchSize)
        guard shape.rank == 4, shape[0] == 1, shape[1] == 3, shape[2] > 0, shape[3] > 0 else {
            let side = configuration.imageSize
            throw TensorsError.pixelValues(found: shape, expected: [1, 3, side, side])
        }
        guard shape[2] % patch == 0, shape[3] % patch == 0 else {
            throw DINOv2Error.pixelValues(width: shape[3], height: shape[2], patchSize: patch)
        }
        return try tensors(pixels: pixelValues.transposed([0, 2, 3, 1]), layers: layers)
    }

    private func tensors(pixels: Tensor, layers wanted: [Int]) throws -> [(name: String, tensor: Tensor)] {
        let states = try tokens(pixels, layers: wanted + [layerCount])
        var tensors = [(name: "pixel_values", tensor: pixels.transposed([0, 3, 1, 2]))]
        if let last = states[layerCount] { tensors.append(("last_hidden_state", norm(last))) }
        for layer in Set(wanted).sorted() {
            if let tokens = states[layer] { tensors.append(("layers.\(layer)", tokens)) }
        }
        return tensors
    }
}
