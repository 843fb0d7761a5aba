/// A picture and where the object is in it.
public struct Example: Sendable {
    /// How the object is marked; positions are pixels of the displayed picture.
    public enum Region: Sendable, Equatable {
        case mask(Mask)
        case box(Box)
        /// A point on the object.
        case point(Point)
        /// An outer ring.
        case polygon([Point])
    }

    public var picture: Picture
    public var region: Region
    public var className: String
    /// The mask as a picture, whose grey levels PerSAM's original code minds.
    package var maskPicture: Picture?

    public init(_ picture: Picture, region: Region, class className: String = "object") {
        self.picture = picture
        self.region = region
        self.className = className
    }

    /// - Parameter mask: of the picture's size, the object's pixels set; rough is good enough.
    public init(_ picture: Picture, mask: Mask, class className: String = "object") {
        self.init(picture, region: .mask(mask), class: className)
    }

    public init(_ picture: Picture, box: Box, class className: String = "object") {
        self.init(picture, region: .box(box), class: className)
    }

    public init(_ picture: Picture, point: Point, class className: String = "object") {
        self.init(picture, region: .point(point), class: className)
    }

    public init(_ picture: Picture, polygon: [Point], class className: String = "object") {
        self.init(picture, region: .polygon(polygon), class: className)
    }
}
