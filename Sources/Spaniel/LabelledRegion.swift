package import SpanielImaging

/// One labelled object of a picture, which a trainer learns from.
package struct LabelledRegion: Sendable {
    /// The name of the object's class.
    package let className: String
    /// The object's box: x1, y1, x2, y2 in pixels of the displayed picture, half-open.
    package let box: Box
    /// The object's pixels, if they are labelled.
    package let runs: RLE?
    /// Whether this is a group under one outline: it is no example, and detections in it count neither as
    /// right nor as wrong.
    package let isCrowd: Bool

    package init(className: String, box: Box, runs: RLE? = nil, isCrowd: Bool = false) {
        self.className = className
        self.box = box
        self.runs = runs
        self.isCrowd = isCrowd
    }

    /// The pixels if they are labelled, otherwise the box.
    var region: Example.Region { runs.map { .mask(Mask($0)) } ?? .box(box) }
}
