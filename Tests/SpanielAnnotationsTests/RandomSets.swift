import Foundation
import SpanielAnnotations
import SpanielImaging
import SpanielTestSupport

extension LabelledSet {
    static let classNames = ["mug", "Stiefel é", "绿植物 🌱", "a \"quoted\" <tag> & 'more'; 50% #1", "unused"]

    /// Pictures of odd sizes with masks of every kind: holes, parts, single pixels, touching the border; and
    /// pictures without objects.
    ///
    /// - Parameter shapes: masks and outlines, else boxes alone.
    static func random(seed: UInt64, shapes: Bool, scores: Bool = true) -> LabelledSet {
        var random = Generator(seed: seed)
        let files = [
            "a.jpg", "sub/ü 2.png", "sub/deeper/b.c.jpeg", "zero objects.jpg", "sub/a.jpg", "one pixel.png",
        ]
        var set = LabelledSet(classes: classNames)
        for (place, file) in files.enumerated() {
            let size =
                file == "one pixel.png"
                ? Size(width: 1, height: 1)
                : Size(
                    width: Int.random(in: 1...130, using: &random),
                    height: Int.random(in: 1...130, using: &random))
            var picture = LabelledPicture(file: file, size: size)
            if place != 3 {
                for number in 0..<Int.random(in: 1...5, using: &random) {
                    let mask = Mask.random(size, kind: number, &random)
                    var object = LabelledObject(
                        classIndex: Int.random(in: 0...3, using: &random), box: mask.box!)
                    if shapes {
                        object.shape = number % 2 == 0 ? .mask(mask.rle) : .polygons(mask.polygons())
                    }
                    if scores { object.score = Double.random(in: 0...1, using: &random) }
                    object.provenance =
                        [.human, .edited, .model(name: nil)][Int.random(in: 0...2, using: &random)]
                    picture.objects.append(object)
                }
            }
            set.pictures.append(picture)
        }
        return set
    }
}

extension Mask {
    /// At least one pixel: speckle, discs with bites, one pixel, a frame at the border.
    static func random(_ size: Size, kind: Int, _ random: inout Generator) -> Mask {
        var mask = Mask(size: size)
        switch kind % 4 {
        case 0:
            let density = Int.random(in: 1...7, using: &random)
            mask = Mask(width: size.width, height: size.height) { _, _ in
                Int.random(in: 0..<8, using: &random) < density
            }
        case 1:
            for i in 0..<Int.random(in: 1...7, using: &random) {
                let x = Int.random(in: -5..<size.width + 5, using: &random)
                let y = Int.random(in: -5..<size.height + 5, using: &random)
                let r = Int.random(in: 1...max(2, min(size.width, size.height) / 2), using: &random)
                let disc = Mask(width: size.width, height: size.height) { u, v in
                    (u - x) * (u - x) + (v - y) * (v - y) <= r * r
                }
                if i % 3 == 2 { mask.subtract(disc) } else { mask.formUnion(disc) }
            }
        case 2:
            mask = Mask(width: size.width, height: size.height) { x, y in
                x == 0 || y == 0 || x == size.width - 1 || y == size.height - 1
            }
        default: break
        }
        if mask.isEmpty {
            mask[
                Int.random(in: 0..<size.width, using: &random),
                Int.random(in: 0..<size.height, using: &random)] = true
        }
        return mask
    }
}

/// A gray picture of a size, as a PNG.
func blank(_ size: Size) -> [UInt8] {
    PNG.encode(
        gray: [UInt8](repeating: 90, count: size.width * size.height), width: size.width, height: size.height)
}
