public import SpanielImaging
public import Tensor

extension OWLViT {
    /// What transformers' `image_guided_detection` and its post-processing give, to compare with.
    public struct ImageGuided: Sendable {
        /// One box, in the picture's pixels, not clipped.
        public struct Found: Sendable, Hashable {
            public let box: Box
            /// transformers calls it a score. It is relative to the picture's best, which gets 1 even where
            /// the object is absent.
            public let alpha: Float
        }

        /// The patch of the example picture that stands for it.
        public let patch: Int
        /// [N]
        public let logits: Tensor
        /// In the order of the patches.
        public let found: [Found]
    }

    /// Searches for what a whole picture shows, by transformers' rule: of OWL-ViT the published one with the
    /// whole picture as the box, of OWLv2 the patch with the highest objectness.
    /// - Parameters:
    ///   - example: of a picture of the object, its one view.
    ///   - threshold: of the sigmoid.
    ///   - iou: above which a box goes that overlaps a better one; 1 or more keeps all.
    public func imageGuided(
        by example: Encoding, in encoding: Encoding, threshold: Float = 0, iou: Double = 0.3
    ) -> ImageGuided {
        let view = encoding.views[0]
        let patch = wholePicturePatch(example.views[0])
        let logits = view.patches.logits(example.views[0].patches.embeddings[leading: patch..<patch + 1])
        var scores = logits.sigmoid().array
        if iou < 1 {
            for i in scores.indices.sorted(by: { (scores[$1], $0) < (scores[$0], $1) }) where scores[i] != 0 {
                for j in scores.indices where j != i && view.boxes[i].iou(view.boxes[j]) > iou {
                    scores[j] = 0
                }
            }
        }
        if scores.contains(where: { $0 != 0 }) { scores = scores.map { $0 < threshold ? 0 : $0 } }
        let most = (scores.max() ?? 0) + 1e-6
        let alphas = scores.map { max(0, min(1, ($0 - most * 0.1) / (most * 0.9))) }
        return ImageGuided(
            patch: patch, logits: logits.reshaped([view.patches.count]),
            found: alphas.indices.filter { alphas[$0] > 0 }.map {
                ImageGuided.Found(box: view.boxes[$0], alpha: alphas[$0])
            })
    }

    /// The patch that stands for a whole picture, by transformers' rule.
    func wholePicturePatch(_ view: View) -> Int {
        if let objectness = view.patches.objectness { return objectness.argmax() }
        // The square, not the picture in it.
        let frame = view.frame
        let square = Box(
            x1: frame.part.x1, y1: frame.part.y1, x2: frame.part.x1 + frame.width,
            y2: frame.part.y1 + frame.height)
        return view.leastLikeTheMean(view.candidates(for: square))?.patch ?? 0
    }
}
