public import SpanielPlatform

/// The options for what a format leaves open, and for labels that are not as they should be.
public struct AnnotationOptions: Sendable {
    /// The content of a line of a YOLO file.
    public enum YOLOLines: Sendable {
        /// Lines are segments if any object has a shape, and boxes otherwise.
        case automatic
        /// A line is a class and a box.
        case boxes
        /// A line is a class and the corners of a polygon.
        case segments
    }

    /// The treatment of a label that reaches out of its picture.
    public enum Border: Sendable {
        /// It is cut at the border and counted; what is wholly outside is left out and counted.
        case cut
        /// It is cut where it reaches more than a pixel out; what rounding explains stays as it is.
        case cutBeyondRounding
        /// It stays as it is, as detectors write it.
        case keep
        /// It is an error where it reaches more than a pixel out.
        case refuse
    }

    /// The treatment of shapes and files that cannot be read.
    public enum Faults: Sendable {
        /// All of them are one error.
        case refuse
        /// Shapes are left out and counted; files are an error, all of them one.
        case leaveOutShapes
        /// Both are left out, counted and named.
        case leaveOut
    }

    /// The folder at which the names of pictures start; nil means beside the annotations, as the format says.
    ///
    /// When reading, pictures are looked for there, by their sizes and names. When writing, formats that
    /// point at their pictures point there: LabelMe by a relative path, YOLO by links in its folder `images`.
    public var pictures: URL?
    /// The set whose ids a COCO results file uses.
    public var truth: LabelledSet?
    /// The content of a line of a YOLO file. Default: automatic.
    public var yolo = YOLOLines.automatic
    /// The treatment of a label that reaches out of its picture. Default: it is cut.
    public var border = Border.cut
    /// The treatment of shapes and files that cannot be read. Default: they are one error.
    public var faults = Faults.refuse
    /// Whether anything that would be left out or cut is an error.
    public var isStrict = false

    /// Whether boxes that reach out of their picture stay as they are, as detectors write them.
    public var allowsBoxesOutside: Bool {
        get { if case .keep = border { true } else { false } }
        set { border = newValue ? .keep : .cut }
    }

    /// Options with their defaults.
    public init() {}
}
