public import SpanielPlatform

/// What a format leaves open, and what becomes of labels that are not as they should be.
public struct AnnotationOptions: Sendable {
    /// What a line of a YOLO file says.
    public enum YOLOLines: Sendable {
        /// Segments when any object has a shape, else boxes.
        case automatic
        case boxes, segments
    }

    /// What becomes of a label that reaches out of its picture.
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

    /// What becomes of shapes and files that cannot be read.
    public enum Faults: Sendable {
        /// All of them are one error.
        case refuse
        /// Shapes are left out and counted; files are an error, all of them one.
        case leaveOutShapes
        /// Both are left out, counted and named.
        case leaveOut
    }

    /// The folder the pictures' names start from; nil: beside the annotations, as the format has it.
    ///
    /// Reading, it is where pictures are looked for, by their sizes and names. Writing, formats that point at
    /// their pictures point there: LabelMe by a relative path, YOLO by links in its folder `images`.
    public var pictures: URL?
    /// The set whose ids a COCO results file uses.
    public var truth: LabelledSet?
    public var yolo = YOLOLines.automatic
    public var border = Border.cut
    public var faults = Faults.refuse
    /// Whether anything that would be left out or cut is an error.
    public var isStrict = false

    /// Whether boxes that reach out of their picture stay as they are, as detectors write them.
    public var allowsBoxesOutside: Bool {
        get { if case .keep = border { true } else { false } }
        set { border = newValue ? .keep : .cut }
    }

    public init() {}
}
