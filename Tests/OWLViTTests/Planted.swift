import OWLViT
import SpanielTestSupport
import Tensor

/// Encodings with embeddings and boxes of our choosing, to be asked of the tiny OWL-ViT.
struct Planted {
    let owl: OWLViT
    let side = 100

    init() throws { owl = try OWLViTGolden.v1.model() }

    var model: ModelIdentity { owl.identity }

    /// A direction of its own for every number.
    func direction(_ number: Int) -> Tensor {
        var values = [Float](repeating: 0, count: 16)
        values[number] = 1
        return Tensor(values, [16])
    }

    /// A vector whose cosine with `a` is `cosine`, the rest along `b`.
    func mixed(_ a: Tensor, _ b: Tensor, cosine: Float) -> Tensor {
        a * cosine + b * (1 - cosine * cosine).squareRoot()
    }

    /// A view of a part of a picture whose patches have these vectors and boxes, in the picture's pixels.
    ///
    ///     logit = 10 (cosine + shift)
    func view(_ patches: [(Tensor, Box)], part: Box? = nil, shift: Float = 0) -> OWLViT.View {
        let frame = OWLViT.Frame(
            part ?? Box(x1: 0, y1: 0, x2: Double(side), y2: Double(side)), isPadded: false)
        let boxes = patches.flatMap { _, box in
            [
                (box.center.x - frame.part.x1) / frame.width, (box.center.y - frame.part.y1) / frame.height,
                box.width / frame.width,
                box.height / frame.height,
            ].map { Float($0) }
        }
        let count = patches.count
        return OWLViT.View(
            frame: frame,
            patches: OWLViT.Patches(
                features: Tensor.stack(patches.map(\.0)), embeddings: Tensor.stack(patches.map(\.0)),
                shifts: Tensor(repeating: shift, [count]),
                scales: Tensor(repeating: 10, [count]), boxes: Tensor(boxes, [count, 4]), objectness: nil))
    }

    func encoding(_ views: OWLViT.View...) -> OWLViT.Encoding {
        OWLViT.Encoding(
            size: Size(width: side, height: side), preparation: .hf, tiles: views.count > 1 ? 2 : 1,
            views: views)
    }

    func examples(_ vectors: Tensor..., midpoint: Float = 7) -> OWLViT.Examples {
        let exemplars = vectors.map {
            OWLViT.Exemplar(embedding: $0, box: Box(x1: 0, y1: 0, x2: 1, y2: 1), overlap: 1)
        }
        return OWLViT.Examples(exemplars: exemplars, midpoint: midpoint)
    }
}

/// Shorthand for boxes in tests.
func box(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> Box {
    Box(x1: x1, y1: y1, x2: x2, y2: y2)
}
