/// A picture, and where the object is in it.
///
///     let picture = try Picture(contentsOf: file)  // 640×480
///     let example = Example(picture, box: Box(x1: 100, y1: 50, x2: 300, y2: 200), class: "boot")
///     print(example.className)  // boot
public struct Example: Sendable {
    /// The way in which the object is marked; positions are pixels of the picture as displayed.
    public enum Region: Sendable, Equatable {
        /// The pixels of the object, at the size of the picture.
        case mask(Mask)
        /// A box around the object.
        case box(Box)
        /// A point on the object.
        case point(Point)
        /// The corners of the object's outline, at least three, the first not repeated.
        case polygon([Point])
    }

    /// The picture as displayed.
    public var picture: Picture
    /// The mark of the object.
    public var region: Region
    /// The class of the object; examples of one concept have the same.
    public var className: String
    /// The mask as a picture, whose grey levels matter to PerSAM's original code.
    package var maskPicture: Picture?

    /// An example with any region; it is checked when the example is used. The class defaults to "object".
    public init(_ picture: Picture, region: Region, class className: String = "object") {
        self.picture = picture
        self.region = region
        self.className = className
    }

    /// An example with a mask.
    /// - Parameters:
    ///   - picture: the picture as displayed.
    ///   - mask: the pixels of the object, at the size of the picture; a rough mask is good enough.
    ///   - className: the class of the object.
    public init(_ picture: Picture, mask: Mask, class className: String = "object") {
        self.init(picture, region: .mask(mask), class: className)
    }

    /// An example with a box around the object.
    public init(_ picture: Picture, box: Box, class className: String = "object") {
        self.init(picture, region: .box(box), class: className)
    }

    /// An example with a point on the object.
    public init(_ picture: Picture, point: Point, class className: String = "object") {
        self.init(picture, region: .point(point), class: className)
    }

    /// An example with the corners of the object's outline.
    public init(_ picture: Picture, polygon: [Point], class className: String = "object") {
        self.init(picture, region: .polygon(polygon), class: className)
    }
}
