public import SpanielImaging
public import Tensor

extension OWLViT {
    /// The result of transformers' `image_guided_detection` and its post-processing, to compare with it.
    public struct ImageGuided: Sendable {
        /// One box with its score.
        public struct Found: Sendable, Hashable {
            /// The box: x1, y1, x2, y2 in pixels of the displayed picture, not clipped.
            public let box: Box
            /// The score of transformers, 0…1, relative to the picture's best, which gets 1 even if the
            /// object is absent.
            public let alpha: Float
        }

        /// The index of the patch that represents the example picture.
        public let patch: Int
        /// The logit of each of the picture's patches, [N].
        public let logits: Tensor
        /// The boxes, in the order of the patches.
        public let found: [Found]
    }

    /// Searches for what a whole picture shows, by transformers' rules, to compare with them.
    ///
    /// The patch that represents the example is the least like the mean in OWL-ViT, the one with the highest
    /// objectness in OWLv2. Use `learn` and `detect` to find objects: their scores say "not here" too.
    /// - Parameters:
    ///   - example: the encoded picture of the object.
    ///   - encoding: the encoded picture to search; tiles are not used.
    ///   - threshold: the sigmoid from which a patch counts, 0…1.
    ///   - iou: the IoU above which a box that overlaps a better one is dropped; 1 or more drops none.
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

    /// Returns the patch that represents a whole picture, by transformers' rule.
    func wholePicturePatch(_ view: View) -> Int {
        if let objectness = view.patches.objectness { return objectness.argmax() }
        // The box is the whole square, including the padding.
        let frame = view.frame
        let square = Box(
            x1: frame.part.x1, y1: frame.part.y1, x2: frame.part.x1 + frame.width,
            y2: frame.part.y1 + frame.height)
        return view.leastLikeTheMean(view.candidates(for: square))?.patch ?? 0
    }
}
