package import SpanielImaging

extension Example {
    /// Returns the object's pixels; for a box or a point, SAM segments them.
    /// - Parameter encoding: the picture's; nil encodes the picture if a box or a point needs it.
    /// - Throws: `ExampleError` where the region does not suit the picture; `PerSAMError.nothingThere`.
    func mask(_ sam: SAM, _ encoding: SAM.Encoding? = nil) throws -> Mask {
        let size = picture.size
        let (marked, around) = (try region.mask(in: size), try region.box(in: size))
        let mask: Mask
        switch region {
        case .mask(let given):
            if given.area == size.width * size.height { throw ExampleError.maskFull }
            return given
        case .polygon:
            mask = marked ?? Mask(size: size)
        case .box:
            let prompt = SAM.Prompt(box: around)
            mask = try sam.masks(for: prompt, in: encoding ?? sam.encode(picture), multimask: false).best
                .mask()
        case .point:
            let prompt = SAM.Prompt(point: around.center)
            mask = try sam.masks(for: prompt, in: encoding ?? sam.encode(picture)).best.mask()
        }
        if mask.isEmpty || mask.area == size.width * size.height { throw PerSAMError.nothingThere }
        return mask
    }

    /// Crops the picture and the mask to a square some times the object's size; a larger object keeps its
    /// whole picture.
    func closer(_ mask: Mask, times: Double) -> (picture: Picture, mask: Mask) {
        guard let box = mask.box else { return (picture, mask) }
        let side = Int((times * max(box.width, box.height)).rounded(.up))
        guard side < max(picture.width, picture.height) else { return (picture, mask) }
        func part(_ center: Double, _ length: Int) -> Range<Int> {
            let extent = min(side, length)
            let start = max(0, min(length - extent, Int((center - Double(extent) / 2).rounded())))
            return start..<start + extent
        }
        let (columns, rows) = (part(box.center.x, picture.width), part(box.center.y, picture.height))
        return (
            picture.cropped(columns: columns, rows: rows), mask.cropped(columns: columns, rows: rows)
        )
    }
}

extension PerSAM {
    /// How much of an example's surroundings it is learnt with, in sizes of the object. SAM's features hardly
    /// change with the scale; those of other models do, so that an object stays about as large as in the
    /// pictures that will be searched, and covers a few cells of 14 pixels.
    var surroundings: Double { features == nil ? 3 : 12 }

    /// The same for examples as small as objects are in a picture of many.
    static let afar = 8.0

    /// Crops an example to the part that learning uses, so that the rest of its picture can be released; the
    /// concept learnt from it is the same.
    /// - Parameter encoding: the picture's.
    /// - Throws: `ExampleError` where the region does not suit the picture; `PerSAMError.nothingThere`.
    package func cutOut(_ example: Example, _ encoding: SAM.Encoding) throws -> Example {
        let mask = try example.mask(sam, encoding)
        let (picture, cut) = example.closer(mask, times: max(surroundings, Self.afar))
        return Example(picture, mask: cut, class: example.className)
    }
}
