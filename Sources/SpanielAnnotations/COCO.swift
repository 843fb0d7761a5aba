public import SpanielImaging
package import SpanielJSON

/// The content of a COCO file: pictures, classes, and objects with boxes and masks.
///
///     var coco = COCO(classes: ["boot"])
///     let picture = coco.addImage("shelf.jpg", size: Size(width: 640, height: 480))
///     coco.add(class: "boot", mask: nil, box: Box(x1: 49, y1: 87, x2: 207, y2: 215), to: picture)
///     print(coco.annotations.count)  // 1
public struct COCO: Sendable, Equatable {
    /// A picture.
    public struct Image: Sendable, Equatable {
        /// The number by which annotations name the picture.
        public var id: Int
        /// The path of the file, as COCO's `file_name` gives it.
        public var fileName: String
        /// The size in pixels, as displayed.
        public var size: Size
        /// The other fields of the file, which are written again as they were; so are those below.
        package var extras = JSON.Object()

        /// A picture with its number, path and size.
        public init(id: Int, fileName: String, size: Size) {
            self.id = id
            self.fileName = fileName
            self.size = size
        }
    }

    /// A class.
    public struct Category: Sendable, Equatable {
        /// The number by which annotations name the class.
        public var id: Int
        /// The name of the class.
        public var name: String
        package var extras = JSON.Object()

        /// A class with its number and name.
        public init(id: Int, name: String) {
            self.id = id
            self.name = name
        }
    }

    /// An object in a picture.
    public struct Annotation: Sendable, Equatable {
        /// The number of the object, 1 or more: pycocotools takes a matched truth with id 0 for an unmatched
        /// one.
        public var id: Int
        /// The number of its picture.
        public var imageID: Int
        /// The number of its class.
        public var categoryID: Int
        /// The box in pixels: x1, y1, x2, y2, half-open.
        public var box: Box
        /// The area in pixels: that of the mask, if there is one.
        public var area: Double
        /// The mask; nil if only the box is known.
        public var segmentation: Segmentation?
        /// The score of a found object; nil for a label.
        public var score: Double?
        /// Whether it is a crowd, which an evaluation counts neither as found nor as missed.
        public var isCrowd: Bool
        package var provenance: LabelledObject.Provenance?
        package var extras = JSON.Object()
    }

    /// A mask: rings that are joined, or run lengths, which alone can express holes.
    public enum Segmentation: Sendable, Equatable {
        /// Rings of corners in pixels, x then y, which are joined.
        case polygons([[Point]])
        /// Run lengths of the size of the picture.
        case runLengths(RLE)

        /// Takes rings along the edges of the pixels if they express the mask exactly, and run lengths if it
        /// has holes.
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

    /// The pictures.
    public var images: [Image] = []
    /// The classes.
    public var categories: [Category] = []
    /// The objects of all pictures.
    public var annotations: [Annotation] = []
    package var extras = JSON.Object()

    /// A file without pictures, whose classes are numbered from 1 in this order; further classes follow as
    /// they come.
    public init(classes: [String] = []) {
        for name in classes { _ = categoryID(named: name) }
    }

    /// Adds a picture and returns its id.
    public mutating func addImage(_ fileName: String, size: Size) -> Int {
        let id = (images.last?.id ?? 0) + 1
        images.append(Image(id: id, fileName: fileName, size: size))
        return id
    }

    /// Adds an object to a picture; an empty mask or box is left out, since COCO's readers take it for no
    /// object.
    ///
    /// - Parameters:
    ///   - name: the name of the class; a new one is added to the classes.
    ///   - mask: the mask, at the size of the picture.
    ///   - box: the box; nil means that of the mask.
    ///   - score: the score of a found object; nil for a label.
    ///   - imageID: the number that `addImage` returned.
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
