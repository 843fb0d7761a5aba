extension Box {
    /// The part of the box that lies in a picture; nil where the box is wholly outside, its corners are
    /// exchanged, or it is not of finite numbers.
    package func cut(to size: Size) -> Box? {
        let whole = Box(size)
        guard [x1, y1, x2, y2].allSatisfy(\.isFinite), x1 <= x2, y1 <= y2,
            x1 <= whole.x2, y1 <= whole.y2, x2 >= 0, y2 >= 0
        else { return nil }
        let cut = intersection(whole)
        // One that only touches the border shares no pixel with the picture.
        if (width > 0 && cut.width == 0) || (height > 0 && cut.height == 0) { return nil }
        return cut
    }
}

extension Point {
    /// The point, moved to the border where it lies less than a pixel outside, as rounding leaves it; nil
    /// farther out.
    package func moved(into size: Size) -> Point? {
        let whole = Box(size)
        guard x > -1, y > -1, x < whole.x2 + 1, y < whole.y2 + 1 else { return nil }
        return Point(x: min(max(x, 0), whole.x2), y: min(max(y, 0), whole.y2))
    }
}
