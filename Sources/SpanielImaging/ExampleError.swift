public import SpanielFiles

/// Says why an example cannot be learnt from: its region does not suit its picture, or its class the others'.
public enum ExampleError: SpanielError, Equatable {
    /// There is no example.
    case noExamples
    /// The examples name more than one class, and a concept has one.
    case severalClasses([String])
    /// The mask has another size than its picture as displayed.
    case maskSize(expected: Size, found: Size)
    /// No pixel of the mask is set.
    case maskEmpty
    /// Every pixel of the mask is set, so that there is no background from which to tell the object.
    case maskFull
    /// The box has no area in a picture of this size.
    case boxOutside(Box, Size)
    /// The point is not in a picture of this size.
    case pointOutside(Point, Size)
    /// The polygon has fewer than three corners, or no pixel in a picture of this size.
    case polygonOutside(Size)

    /// A stable name for programs.
    public var code: String {
        switch self {
        case .noExamples, .severalClasses: "example.classes"
        case .maskSize: "mask.size"
        case .maskEmpty: "mask.empty"
        case .maskFull: "mask.full"
        case .boxOutside: "example.box"
        case .pointOutside: "example.point"
        case .polygonOutside: "example.polygon"
        }
    }

    /// The sentence for people: the subject, what was expected and found, and the fix.
    public var description: String {
        switch self {
        case .noExamples:
            "no example: give at least one picture with the object's mask, box or point"
        case .severalClasses(let classes):
            "examples of \(classes.joined(separator: ", ")) in one concept; learn each class by itself"
        case .maskSize(let expected, let found):
            "the mask is \(found.width)×\(found.height), its picture \(expected.width)×\(expected.height) "
                + "as displayed; draw the mask on the picture itself, or scale it to "
                + "\(expected.width)×\(expected.height)"
        case .maskEmpty:
            "the mask is empty; paint the object with any value above zero"
        case .maskFull:
            "the mask covers the whole picture; leave the background at zero"
        case .boxOutside(let box, let size):
            "the box \(box.x1), \(box.y1), \(box.x2), \(box.y2) shares nothing with the "
                + "\(size.width)×\(size.height) picture, or is empty; give left, top, right, bottom in "
                + "pixels as displayed"
        case .pointOutside(let point, let size):
            "the point \(point.x), \(point.y) is not inside the \(size.width)×\(size.height) picture"
        case .polygonOutside(let size):
            "the polygon marks nothing inside the \(size.width)×\(size.height) picture; give three corners "
                + "or more, in its pixels"
        }
    }
}
