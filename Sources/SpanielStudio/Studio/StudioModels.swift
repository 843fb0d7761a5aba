package import OWLViT
package import SAM
package import SpanielImaging

/// The models of a labelling page, loaded, and how pictures are encoded by them.
package struct StudioModels: Sendable {
    /// Boxes from words and examples.
    package struct Detector: Sendable {
        package let model: OWLViT
        package let name: String
        /// Names everything that an encoding depends on beside the picture.
        package let key: String
        /// Encodes a picture, or takes the encoding from where it is kept.
        package let encode: @Sendable (Picture) throws -> OWLViT.Encoding

        package init(
            _ model: OWLViT, name: String, key: String,
            encode: @escaping @Sendable (Picture) throws -> OWLViT.Encoding
        ) {
            (self.model, self.name, self.key, self.encode) = (model, name, key, encode)
        }
    }

    /// Masks from boxes and clicks, and the search by one example.
    package struct Segmenter: Sendable {
        package let model: SAM
        package let name: String
        package let encode: @Sendable (Picture) throws -> SAM.Encoding

        package init(
            _ model: SAM, name: String, encode: @escaping @Sendable (Picture) throws -> SAM.Encoding
        ) {
            (self.model, self.name, self.encode) = (model, name, encode)
        }
    }

    package let detector: Detector?
    package let segmenter: Segmenter?

    package init(detector: Detector?, segmenter: Segmenter?) {
        (self.detector, self.segmenter) = (detector, segmenter)
    }
}
