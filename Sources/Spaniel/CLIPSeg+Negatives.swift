public import CLIPSeg

extension CLIPSeg {
    /// The regions of some classes where other things are known that they must not be taken for: these
    /// compete for each pixel, and what they get belongs to nobody.
    ///
    /// - Parameters:
    ///   - negatives: their names do not matter.
    ///   - picture: the encoded one, when edges are to follow it.
    /// - Throws: as `segment` without negatives.
    public func segment(
        _ concepts: [Concept], against negatives: [Concept], in encoding: Encoding,
        options: SegmentOptions = SegmentOptions(),
        refinedBy picture: Picture? = nil
    ) throws -> Segments {
        guard !negatives.isEmpty else {
            return try segment(concepts, in: encoding, options: options, refinedBy: picture)
        }
        // A name no class has: the ones that are wanted, and a mark.
        let name = concepts.map(\.className).joined() + "\u{0}"
        let others = negatives.map { negative in
            var other = negative
            other.className = name
            return other
        }
        var all = options
        all.maximumObjects = .max
        let found = try segment(concepts + others, in: encoding, options: all, refinedBy: picture)
        return Segments(
            segments: Array(
                found.lazy.filter { $0.className != name }.prefix(max(0, options.maximumObjects))),
            peaks: Array(found.peaks.prefix(concepts.count)))
    }
}
