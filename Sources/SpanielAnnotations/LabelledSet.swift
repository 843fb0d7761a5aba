public import SpanielImaging
package import SpanielJSON

/// Pictures with labelled objects, whatever file they came from and whatever file they go to.
public struct LabelledSet: Sendable, Equatable {
    /// In the order a trainer numbers them; objects name them by their place here.
    public var classes: [LabelledClass]
    public var pictures: [LabelledPicture]
    package var extras = Extras()

    public init(classes: [LabelledClass] = [], pictures: [LabelledPicture] = []) {
        self.classes = classes
        self.pictures = pictures
    }

    public init(classes: [String], pictures: [LabelledPicture] = []) {
        self.init(classes: classes.map { LabelledClass(name: $0) }, pictures: pictures)
    }

    /// The place of a class among `classes`; a new one goes to the end. Names are told apart byte by byte.
    public mutating func classIndex(named name: String) -> Int {
        if let known = classes.firstIndex(where: { UTF8Key($0.name) == UTF8Key(name) }) { return known }
        classes.append(LabelledClass(name: name))
        return classes.count - 1
    }

    /// How many objects there are in all pictures.
    public var objectCount: Int { pictures.reduce(0) { $0 + $1.objects.count } }
}

/// What kind of thing an object is.
public struct LabelledClass: Sendable, Equatable {
    public var name: String
    /// The number it has in a file that numbers its classes freely (COCO); nil: its place, from 1.
    public var number: Int?
    package var extras = Extras()

    public init(name: String, number: Int? = nil) {
        self.name = name
        self.number = number
    }
}

/// One picture and what is labelled in it.
public struct LabelledPicture: Sendable, Equatable {
    /// As the annotations name it: a path, mostly relative to where they lie.
    public var file: String
    /// As displayed, EXIF's turns applied.
    public var size: Size
    /// The id it has in a file that numbers its pictures (COCO, CVAT, Label Studio).
    public var number: Int?
    public var objects: [LabelledObject]
    package var extras = Extras()

    public init(file: String, size: Size, number: Int? = nil, objects: [LabelledObject] = []) {
        self.file = file
        self.size = size
        self.number = number
        self.objects = objects
    }
}

/// One object in one picture; positions are pixels of the displayed picture.
public struct LabelledObject: Sendable, Equatable {
    /// Which pixels are the object's.
    public enum Shape: Sendable, Equatable {
        /// Connected parts, each with its holes.
        case polygons([Polygon])
        /// Run lengths of the picture's size.
        case mask(RLE)
    }

    /// Who says that this is an object of this class.
    public enum Provenance: Sendable, Equatable {
        case human
        case model(name: String?)
        /// A model's proposal that a person changed or accepted.
        case edited
    }

    /// The place among the set's classes.
    public var classIndex: Int
    public var box: Box
    /// nil: only a box is known.
    public var shape: Shape?
    /// In pixels, where the file says it; COCO's evaluation sorts objects into small, medium and large by it.
    public var area: Double?
    /// 0…1 in most files; nil: none was given.
    public var score: Double?
    public var provenance: Provenance?
    /// A group of objects under one outline, which counts neither as found nor as missed.
    public var isCrowd = false
    /// The id it has in a COCO file.
    public var number: Int?
    package var extras = Extras()

    /// - Parameter box: nil: the shape's; an object without either traps.
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
