package import SpanielImaging
package import Tensor

extension DINOv2 {
    /// How a picture becomes the model's input.
    public enum Preparation: Sendable, Hashable {
        /// All of the picture, its longer side brought to about so many pixels and both sides to whole
        /// patches, each by itself: for features over the picture. 518 is the size of the training.
        case whole(longestSide: Int = 518)
        /// As the folder's preprocessor says; the published ones scale the shorter side to 256 and take 224 ×
        /// 224 from the middle: for the class token.
        case published
    }

    /// The longest sides that `whole` takes end here: attention among the patches of a square has 10^11
    /// pairs for each head.
    package static let mostPixels = 8192

    /// The values of the hub's own file; the processor's class has others, for keys that are absent.
    package static let published = ViT.Preprocessing(
        .shortestEdge(256), crop: Size(width: 224, height: 224), filter: .bicubic,
        mean: ViT.Preprocessing.imageNetMean, deviation: ViT.Preprocessing.imageNetDeviation)
    package static let classDefaults = ViT.Preprocessing(
        .shortestEdge(224), crop: Size(width: 224, height: 224), filter: .bicubic,
        mean: ViT.Preprocessing.openAIMean, deviation: ViT.Preprocessing.openAIDeviation)

    /// - Throws: `DINOv2Error.longestSide` if a picture cannot be brought to such a side.
    package func check(longestSide: Int) throws(DINOv2Error) {
        let patch = configuration.patchSize
        guard (patch...max(patch, Self.mostPixels)).contains(longestSide) else {
            throw .longestSide(longestSide, least: patch, most: Self.mostPixels)
        }
    }

    /// Brings a picture to the model's input.
    /// - Returns: [1, H, W, 3], normalised.
    package func prepared(_ picture: Picture, _ preparation: Preparation) throws -> (
        pixels: Tensor, frame: Frame
    ) {
        let patch = configuration.patchSize
        let chosen: ViT.Preprocessing
        switch preparation {
        case .published: chosen = preprocessing
        case .whole(let longest):
            try check(longestSide: longest)
            chosen = ViT.Preprocessing(
                .squash(Self.wholePatches(picture.size, longest: longest, patch: patch)), filter: .bicubic,
                factor: preprocessing.factor, mean: preprocessing.mean, deviation: preprocessing.deviation)
        }
        let frame = Frame(
            original: picture.size, resized: chosen.resizedSize(of: picture.size), input: chosen.output,
            patchSize: patch)
        return (chosen(picture), frame)
    }

    /// Returns a picture's size with its longer side near `longest` and both sides the nearest multiple of a
    /// patch, at least one.
    package static func wholePatches(_ size: Size, longest: Int, patch: Int) -> Size {
        let scale = Double(longest) / Double(max(size.width, size.height))
        func side(_ length: Int) -> Int {
            max(1, Int((Double(length) * scale / Double(patch)).rounded())) * patch
        }
        return Size(width: side(size.width), height: side(size.height))
    }
}
