// The two steps of segment-anything's min_mask_region_area: it fills holes, then removes islands, both
// 8-connected.

extension Mask {
    /// Fills the regions outside the object that have fewer than `area` pixels, also those at the picture's
    /// edge.
    /// - Returns: the mask, and whether anything was filled.
    public func fillingHoles(below area: Int) -> (mask: Mask, changed: Bool) {
        let regions = inverted.components(.eight)
        guard regions.contains(where: { $0.area < area }) else { return (self, false) }
        return (union(regions.mask { regions[$0].area < area }), true)
    }

    /// Removes the parts of the object that have fewer than `area` pixels; if all have, the largest stays.
    /// - Returns: the mask, and whether anything was removed.
    public func removingIslands(below area: Int) -> (mask: Mask, changed: Bool) {
        let parts = components(.eight)
        guard parts.contains(where: { $0.area < area }) else { return (self, false) }
        guard !parts.contains(where: { $0.area >= area }) else {
            return (parts.mask { parts[$0].area >= area }, true)
        }
        // Of equal parts the original keeps the one that OpenCV numbers first, and OpenCV numbers by blocks
        // of two by two pixels.
        let largest = parts.lazy.map(\.area).max() ?? 0
        for top in stride(from: 0, to: height, by: 2) {
            for left in stride(from: 0, to: width, by: 2) {
                for (x, y) in [(left, top), (left + 1, top), (left, top + 1), (left + 1, top + 1)] {
                    if let part = parts.index(atX: x, y: y), parts[part].area == largest {
                        return (parts.mask(of: part), true)
                    }
                }
            }
        }
        return (self, false)
    }
}
