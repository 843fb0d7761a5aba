import SpanielImaging
import Tensor

/// An object that was segmented in one view of a picture, its mask drawn.
struct Sighting {
    /// The cell that was prompted.
    let seed: Int
    let predictedIoU: Float
    let presence: Float?
    /// The cosine of the mask's mean feature with the nearest example's.
    let similarity: Float
    let isNegative: Bool
    /// What every likeness is multiplied by, 0…1.
    let certainty: Float
    /// The likeness times `certainty`, 0…1.
    let quality: Float
    /// The mask's mean feature at length one, [C].
    let direction: Tensor
    /// The share of each cell of the view that the mask covers, 0…1, [hw].
    let coverage: [Float]
    /// The mask in the picture; empty where it has no pixel there.
    let mask: BoxedMask
    /// Whether the edge of a tile cuts the mask, so that a neighbour or the whole picture shows the object
    /// better.
    let isCut: Bool
    /// The mask's low-resolution pixels in the view, one bit each.
    private let bits: [UInt64]
    private let area: Int

    /// The share of the smaller of two masks above which both are the same object.
    private static let sameObjectShare = 0.5

    /// - Parameters:
    ///   - part: the view's place in the picture.
    ///   - size: the picture's.
    init(_ proposal: Scene.Proposal, _ scene: Scene, part: Box, of size: Size) {
        (seed, predictedIoU, presence) = (proposal.seed, proposal.predictedIoU, proposal.presence)
        (similarity, isNegative) = (proposal.similarity, proposal.isNegative)
        (certainty, quality) = (proposal.certainty, proposal.quality)
        (direction, coverage) = (proposal.direction, proposal.coverage)
        let drawn = proposal.mask(scene)
        mask =
            drawn.size == size
            ? BoxedMask(drawn) : BoxedMask(drawn, x: Int(part.x1), y: Int(part.y1), in: size)
        isCut = mask.box.map { Tiles.isCut($0, by: part, of: size) } ?? false
        var bits = [UInt64](repeating: 0, count: (scene.isInside.count + 63) / 64)
        let values = proposal.logits.array
        for p in values.indices where values[p] > 0 && scene.isInside[p] {
            bits[p / 64] |= 1 << UInt64(p % 64)
        }
        self.bits = bits
        area = bits.reduce(0) { $0 + $1.nonzeroBitCount }
    }

    /// Whether both are the same object: by low-resolution pixels in one view, by the picture's in two.
    func isSame(_ other: Sighting, inOneView: Bool) -> Bool {
        if !inOneView {
            let least = min(mask.area, other.mask.area)
            return Double(mask.intersectionArea(with: other.mask)) > Self.sameObjectShare * Double(least)
        }
        var shared = 0
        for i in bits.indices { shared += (bits[i] & other.bits[i]).nonzeroBitCount }
        return Double(shared) > Self.sameObjectShare * Double(min(area, other.area))
    }
}
