public import SpanielImaging
package import SpanielJSON

/// Pictures with labelled objects, independent of the format of their file.
///
///     let labels = try LabelledSet.read(.coco, at: URL(filePath: "labels.json")).set
///     print(labels.pictures.count, labels.objectCount)  // such as 35 40
public struct LabelledSet: Sendable, Equatable {
    /// The classes, in the order in which a trainer numbers them; objects name them by their place here.
    public var classes: [LabelledClass]
    /// The pictures with their objects.
    public var pictures: [LabelledPicture]
    package var extras = Extras()

    /// A set with its classes and pictures; by default it is empty.
    public init(classes: [LabelledClass] = [], pictures: [LabelledPicture] = []) {
        self.classes = classes
        self.pictures = pictures
    }

    /// A set whose classes have these names.
    public init(classes: [String], pictures: [LabelledPicture] = []) {
        self.init(classes: classes.map { LabelledClass(name: $0) }, pictures: pictures)
    }

    /// Returns the place of a class among `classes`; a new one is added at the end. Names are compared byte
    /// by byte.
    public mutating func classIndex(named name: String) -> Int {
        if let known = classes.firstIndex(where: { UTF8Key($0.name) == UTF8Key(name) }) { return known }
        classes.append(LabelledClass(name: name))
        return classes.count - 1
    }

    /// The number of objects in all pictures.
    public var objectCount: Int { pictures.reduce(0) { $0 + $1.objects.count } }
}

/// A class of objects.
public struct LabelledClass: Sendable, Equatable {
    /// The name of the class.
    public var name: String
    /// The number that a file gives to the class, if it numbers classes freely (COCO); nil means its place,
    /// from 1.
    public var number: Int?
    package var extras = Extras()

    /// A class with its name and, if a file gives one, its number.
    public init(name: String, number: Int? = nil) {
        self.name = name
        self.number = number
    }
}

/// A picture, and the objects labelled in it.
public struct LabelledPicture: Sendable, Equatable {
    /// The path as the annotations write it, mostly relative to their own place.
    public var file: String
    /// The size in pixels as displayed, after EXIF's turns.
    public var size: Size
    /// The id that a file gives to the picture (COCO, CVAT, Label Studio); nil if it gives none.
    public var number: Int?
    /// The objects in the picture.
    public var objects: [LabelledObject]
    package var extras = Extras()

    /// A picture with its path and size; by default it has no object.
    public init(file: String, size: Size, number: Int? = nil, objects: [LabelledObject] = []) {
        self.file = file
        self.size = size
        self.number = number
        self.objects = objects
    }
}

/// An object in a picture; positions are pixels of the picture as displayed.
public struct LabelledObject: Sendable, Equatable {
    /// The pixels of an object.
    public enum Shape: Sendable, Equatable {
        /// Connected parts, each with its holes.
        case polygons([Polygon])
        /// Run lengths of the picture's size.
        case mask(RLE)
    }

    /// The origin of a label.
    public enum Provenance: Sendable, Equatable {
        /// A person made the label.
        case human
        /// A model proposed the label; `name` names it, if the file does.
        case model(name: String?)
        /// A model proposed the label, and a person changed or accepted it.
        case edited
    }

    /// The place of its class among those of the set.
    public var classIndex: Int
    /// The box: x1, y1, x2, y2, half-open.
    public var box: Box
    /// The pixels; nil if only a box is known.
    public var shape: Shape?
    /// The area in pixels that a file states; COCO's evaluation sorts objects by it into small, medium and
    /// large.
    public var area: Double?
    /// The score, 0…1 in most files; nil if there is none.
    public var score: Double?
    /// The origin of the label; nil if the file does not say.
    public var provenance: Provenance?
    /// Whether it is a group of objects under one outline, which counts neither as found nor as missed.
    public var isCrowd = false
    /// The id that a COCO file gives to the object; nil if there is none.
    public var number: Int?
    package var extras = Extras()

    /// An object with a box, a shape, or both; one with neither traps.
    /// - Parameters:
    ///   - classIndex: the place of its class among those of the set.
    ///   - box: the box; nil means that of the shape.
    ///   - shape: the pixels; nil if only a box is known.
    ///   - score: the score; nil if there is none.
    ///   - provenance: the origin of the label.
    public init(
        classIndex: Int, box: Box? = nil, shape: Shape? = nil, score: Double? = nil,
        provenance: Provenance? = nil
    ) {
        guard let box = box ?? shape?.box else {
            preconditionFailure("LabelledObject: neither a box nor a shape with a box")
        }
        self.classIndex = classIndex
        self.box = box
        self.shape = shape
        self.score = score
        self.provenance = provenance
    }
}

/// What one format says beyond the rest, kept so that reading and writing that format loses nothing.
package struct Extras: Sendable, Equatable {
    package var format: AnnotationFormat?
    package var fields = JSON.Object()

    package init() {}

    package init(_ format: AnnotationFormat, _ fields: JSON.Object) {
        self.format = fields.isEmpty ? nil : format
        self.fields = fields
    }

    /// The fields, for a writer of the format they came from.
    func of(_ format: AnnotationFormat) -> JSON.Object { self.format == format ? fields : JSON.Object() }
}
