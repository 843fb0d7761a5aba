public import SpanielImaging
package import SpanielJSON

/// Annotations as a COCO file holds them: pictures, classes, and objects with boxes and masks.
public struct COCO: Sendable, Equatable {
    public struct Image: Sendable, Equatable {
        public var id: Int
        public var fileName: String
        public var size: Size
        /// What else stands there, written again as it was; so below.
        package var extras = JSON.Object()

        public init(id: Int, fileName: String, size: Size) {
            self.id = id
            self.fileName = fileName
            self.size = size
        }
    }

    public struct Category: Sendable, Equatable {
        public var id: Int
        public var name: String
        package var extras = JSON.Object()

        public init(id: Int, name: String) {
            self.id = id
            self.name = name
        }
    }

    /// One object in one picture.
    public struct Annotation: Sendable, Equatable {
        /// 1 or more: pycocotools takes a matched truth of id 0 for an unmatched one.
        public var id: Int
        public var imageID: Int
        public var categoryID: Int
        public var box: Box
        /// In pixels; of the mask where there is one.
        public var area: Double
        public var segmentation: Segmentation?
        public var score: Double?
        /// A crowd is left out of an evaluation, neither found nor missed.
        public var isCrowd: Bool
        package var provenance: LabelledObject.Provenance?
        package var extras = JSON.Object()
    }

    /// A mask: rings that are added up, or run lengths, which alone can say holes.
    public enum Segmentation: Sendable, Equatable {
        case polygons([[Point]])
        case runLengths(RLE)

        /// Rings along the pixels' edges where they say the mask exactly, run lengths where it has holes.
        public init(_ mask: Mask) {
            let polygons = mask.polygons()
            let hasHoles = polygons.contains { !$0.holes.isEmpty }
            self = hasHoles ? .runLengths(mask.rle) : .polygons(polygons.map(\.outer))
        }

        /// The pixels, as pycocotools counts them.
        ///
        /// - Parameter size: the picture's; run lengths of another size keep their own.
        public func mask(size: Size) -> Mask {
            switch self {
            case .polygons(let rings): Mask(polygon: rings, size: size)
            case .runLengths(let rle): Mask(rle)
            }
        }

        /// The pixels of `mask(size:)` as run lengths.
        package func rle(size: Size) -> RLE {
            switch self {
            case .polygons(let rings): RLE(polygon: rings, size: size)
            case .runLengths(let rle): rle
            }
        }
    }

    public var images: [Image] = []
    public var categories: [Category] = []
    public var annotations: [Annotation] = []
    package var extras = JSON.Object()

    /// An empty file whose classes are numbered in this order from 1; others follow as they come.
    public init(classes: [String] = []) {
        for name in classes { _ = categoryID(named: name) }
    }

    /// Adds a picture and returns its id.
    public mutating func addImage(_ fileName: String, size: Size) -> Int {
        let id = (images.last?.id ?? 0) + 1
        images.append(Image(id: id, fileName: fileName, size: size))
        return id
    }

    /// Adds an object to a picture. An empty mask or box is no object to COCO's readers and is left out.
    ///
    /// - Parameters:
    ///   - mask: of the picture's size.
    ///   - box: nil: the mask's.
    public mutating func add(
        class name: String, mask: Mask?, box: Box? = nil, score: Double? = nil, to imageID: Int
    ) {
        guard let box = box ?? mask?.box, box.area > 0, box.area.isFinite, mask?.isEmpty != true else {
            return
        }
        annotations.append(
            Annotation(
                id: (annotations.last?.id ?? 0) + 1, imageID: imageID, categoryID: categoryID(named: name),
                box: box,
                area: mask.map { Double($0.area) } ?? box.area, segmentation: mask.map(Segmentation.init),
                score: score.flatMap { $0.isFinite ? $0 : nil }, isCrowd: false))
    }

    private mutating func categoryID(named name: String) -> Int {
        if let known = categories.first(where: { $0.name == name }) { return known.id }
        let id = (categories.map(\.id).max() ?? 0) + 1
        categories.append(Category(id: id, name: name))
        return id
    }
}
