import SpanielImaging

/// The number that a set of Pascal VOC gives the picture's first pixel: 1 by the format's rule, 0 as half of the
/// tools write it.
///
/// No file says which it is. A box that begins at 0 does: by the rule it would begin a pixel outside. A set with
/// a box further out is one whose boxes were never cut, of which a 0 tells nothing.
struct VOCOrigin {
    /// What is taken off the left and upper sides; the others are the numbers themselves.
    let first: Double
    private var isBeyond = false
    private var atZero = 0

    init(first: Double) { self.first = first }

    /// Notes where a box begins; one of no area may be a placeholder.
    mutating func see(xmin: Double, ymin: Double, xmax: Double, ymax: Double) {
        guard xmin < xmax, ymin < ymax else { return }
        let least = min(xmin, ymin)
        if least < 0 { isBeyond = true }
        if least == 0 { atZero += 1 }
    }

    /// How many boxes say that the set counts from 0.
    var boxesAtZero: Int { isBeyond ? 0 : atZero }
}
