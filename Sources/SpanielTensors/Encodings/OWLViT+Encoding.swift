package import OWLViT
package import SpanielImaging
package import Tensor

/// Encodings as named tensors, to be stored on disk.
extension OWLViT {
    /// Identifies everything besides the weights that an encoding depends on.
    package func preprocessingKey(_ preparation: Preparation, tiles: Int) -> String {
        "\(preprocessing.key(preparation)) tiles \(tiles)"
    }

    /// Returns an encoding as named tensors: `layout` [2], the tiles along a side and whether it is padded,
    /// and for each view `N.embeddings` and the like.
    package func tensors(of encoding: Encoding) -> [(String, Tensor)] {
        let layout = Tensor([Float(encoding.tiles), encoding.preparation == .padded ? 1 : 0], [2])
        return [("layout", layout)]
            + encoding.views.enumerated().flatMap { i, view in
                let patches = view.patches
                return [
                    ("\(i).features", patches.features), ("\(i).embeddings", patches.embeddings),
                    ("\(i).shifts", patches.shifts), ("\(i).scales", patches.scales),
                    ("\(i).boxes", patches.boxes),
                ] + (patches.objectness.map { [("\(i).objectness", $0)] } ?? [])
            }
    }

    /// Restores a stored encoding.
    /// - Parameter size: the size of the picture, in pixels.
    /// - Throws: `TensorsError.encoding` if the tensors are no encoding of such a picture by this model.
    package func encoding(from tensors: [String: Tensor], size: Size) throws(TensorsError) -> Encoding {
        func tensor(_ name: String, _ shape: Tensor.Shape) throws(TensorsError) -> Tensor {
            guard let tensor = tensors[name] else {
                throw .encoding(expected: "\(name) \(shape)", found: "none")
            }
            guard tensor.shape == shape else {
                throw .encoding(expected: "\(name) \(shape)", found: "\(tensor.shape)")
            }
            guard tensor.array.allSatisfy(\.isFinite) else {
                throw .encoding(expected: "finite numbers in \(name)", found: "others")
            }
            return tensor
        }
        let layout = try tensor("layout", [2])
        guard let tiles = Int(exactly: layout[0]), (1...Tiles.most).contains(tiles),
            [0, 1].contains(layout[1])
        else {
            throw .encoding(expected: "1 to \(Tiles.most) tiles and a preparation", found: "\(layout.array)")
        }
        let preparation: Preparation = layout[1] == 1 ? .padded : .hf
        let count = configuration.grid * configuration.grid
        var views: [View] = []
        for (i, part) in Tiles.parts(of: size, count: tiles).enumerated() {
            let patches = Patches(
                features: try tensor("\(i).features", [count, configuration.channels]),
                embeddings: try tensor("\(i).embeddings", [count, configuration.embedding]),
                shifts: try tensor("\(i).shifts", [count]),
                scales: try tensor("\(i).scales", [count]), boxes: try tensor("\(i).boxes", [count, 4]),
                objectness: version == .v2 ? try tensor("\(i).objectness", [count]) : nil)
            views.append(View(frame: frame(part.columns, part.rows, preparation), patches: patches))
        }
        return Encoding(size: size, preparation: preparation, tiles: tiles, views: views)
    }
}
