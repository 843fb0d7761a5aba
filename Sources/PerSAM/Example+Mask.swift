package import SpanielImaging

extension Example {
    /// The object's pixels. A box or a point asks SAM.
    /// - Throws: `PerSAMError` where the region cannot be this picture's.
    /// - Parameter encoding: the picture's; nil: it is encoded where that is needed.
    func mask(_ sam: SAM, _ encoding: SAM.Encoding? = nil) throws -> Mask {
        let size = picture.size
        let mask: Mask
        switch region {
        case .mask(let given):
            guard given.size == size else { throw PerSAMError.maskSize(expected: size, found: given.size) }
            if given.isEmpty { throw PerSAMError.maskEmpty }
            if given.area == size.width * size.height { throw PerSAMError.maskFull }
            return given
        case .polygon(let ring):
            guard ring.count >= 3, ring.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else {
                throw PerSAMError.polygonOutside(size)
            }
            mask = Mask(polygons: [Polygon(outer: ring)], size: size)
            if mask.isEmpty { throw PerSAMError.polygonOutside(size) }
        case .box(let box):
            let whole = Box(x1: 0, y1: 0, x2: Double(size.width), y2: Double(size.height))
            guard box.area > 0, box.intersection(whole) == box else {
                throw PerSAMError.boxOutside(box, size)
            }
            mask = try sam.masks(
                for: SAM.Prompt(box: box), in: encoding ?? sam.encode(picture), multimask: false
            ).best.mask()
        case .point(let point):
            guard point.x >= 0, point.y >= 0, point.x < Double(size.width), point.y < Double(size.height)
            else {
                throw PerSAMError.pointOutside(point, size)
            }
            mask = try sam.masks(for: SAM.Prompt(point: point), in: encoding ?? sam.encode(picture)).best
                .mask()
        }
        if mask.isEmpty || mask.area == size.width * size.height { throw PerSAMError.nothingThere }
        return mask
    }

    /// The same example nearer by, when its object is small in the picture: cut to three times the object's
    /// size, so that the encoder gives it more than a few cells.
    func closer(_ mask: Mask) -> (picture: Picture, mask: Mask) {
        guard let box = mask.box else { return (picture, mask) }
        let side = Int((3 * max(box.width, box.height)).rounded(.up))
        guard side < max(picture.width, picture.height) else { return (picture, mask) }
        func part(_ center: Double, _ length: Int) -> Range<Int> {
            let kept = min(side, length)
            let start = max(0, min(length - kept, Int((center - Double(kept) / 2).rounded())))
            return start..<start + kept
        }
        let (columns, rows) = (part(box.center.x, picture.width), part(box.center.y, picture.height))
        var pixels: [UInt8] = []
        pixels.reserveCapacity(3 * columns.count * rows.count)
        for y in rows {
            pixels +=
                picture.pixels[
                    3 * (y * picture.width + columns.lowerBound)..<3
                        * (y * picture.width + columns.upperBound)]
        }
        let cut = Mask(width: columns.count, height: rows.count) { x, y in
            mask[columns.lowerBound + x, rows.lowerBound + y]
        }
        return (Picture(rgb: pixels, width: columns.count, height: rows.count), cut)
    }
}

extension PerSAM {
    /// An example cut to what learning looks at, so that its picture need not be kept. It teaches the same.
    /// - Parameter encoding: the picture's.
    /// - Throws: `PerSAMError` where the region cannot be this picture's.
    package func cutOut(_ example: Example, _ encoding: SAM.Encoding) throws -> Example {
        let mask = try example.mask(sam, encoding)
        let (picture, cut) = example.closer(mask)
        return Example(picture, mask: cut, class: example.className)
    }
}
