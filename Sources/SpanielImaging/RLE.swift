public import SpanielFiles

/// A mask as COCO writes it: lengths of runs, alternately outside and inside the object, down each column
/// from the left.
public struct RLE: Sendable, Equatable {
    public let size: Size
    /// The first counts pixels outside the object and may be 0; together they are all the pixels.
    public let counts: [Int]

    /// Run lengths read from outside: as pycocotools does, a list that ends early leaves the rest outside the
    /// object.
    ///
    /// - Throws: `RLEError` when a count is negative, there are more pixels than the size has, or the size
    ///   itself is impossible.
    public init(counts: [Int], size: Size) throws(RLEError) {
        let pixels = try Self.pixels(of: size)
        var total = 0
        for (index, count) in counts.enumerated() {
            guard count >= 0, count <= pixels - total else {
                throw .count(index: index, found: count, room: pixels - total)
            }
            total += count
        }
        guard !counts.isEmpty || pixels == 0 else { throw .empty(size) }
        self.size = size
        self.counts = Self.completed(counts, total: total, pixels: pixels)
    }

    /// What is missing from counts that end early joins the last run outside the object, or becomes one.
    private static func completed(_ counts: [Int], total: Int, pixels: Int) -> [Int] {
        guard total < pixels else { return counts }
        guard counts.count % 2 == 1 else { return counts + [pixels - total] }
        return counts.dropLast() + [counts[counts.count - 1] + pixels - total]
    }

    static func pixels(of size: Size) throws(RLEError) -> Int {
        let (pixels, overflow) = size.width.multipliedReportingOverflow(by: size.height)
        guard size.width >= 0, size.height >= 0, !overflow, pixels <= Limits.pixels else { throw .size(size) }
        return pixels
    }

    /// The counts of a mask.
    public init(_ mask: Mask) {
        let columns = mask.transposed()
        let pixels = mask.width * mask.height
        var counts: [Int] = []
        var start = 0
        var inside = false
        for y in 0..<columns.height {
            var x = 0
            while true {
                x = columns.next(!inside, inRow: y, from: x)
                guard x < columns.width else { break }
                counts.append(y * columns.width + x - start)
                start = y * columns.width + x
                inside.toggle()
            }
        }
        if start < pixels || counts.isEmpty { counts.append(pixels - start) }
        size = mask.size
        self.counts = counts
    }

    /// The counts of all pixels that one of the runs holds.
    ///
    /// - Parameter runs: positions down the columns, in any order; they may overlap.
    package init(joining runs: [Range<Int>], size: Size) {
        let pixels = size.width * size.height
        var counts: [Int] = []
        var end = 0
        for run in runs.sorted(by: { $0.lowerBound < $1.lowerBound }) where run.upperBound > end {
            if run.lowerBound > end || counts.isEmpty {
                counts += [run.lowerBound - end, run.count]
            } else {
                counts[counts.count - 1] += run.upperBound - end
            }
            end = run.upperBound
        }
        if end < pixels || counts.isEmpty { counts.append(pixels - end) }
        self.size = size
        self.counts = counts
    }

    /// The object's pixels as positions down the columns from the left.
    package var runs: [Range<Int>] {
        var runs: [Range<Int>] = []
        runs.reserveCapacity(counts.count / 2)
        var position = 0
        for (index, count) in counts.enumerated() {
            if index % 2 == 1, count > 0 { runs.append(position..<position + count) }
            position += count
        }
        return runs
    }

    /// How many pixels are inside the object.
    public var area: Int {
        var area = 0
        for i in stride(from: 1, to: counts.count, by: 2) { area += counts[i] }
        return area
    }
}

extension Mask {
    public var rle: RLE { RLE(self) }

    public init(_ rle: RLE) {
        var columns = Mask(width: rle.size.height, height: rle.size.width)
        let length = columns.width
        var position = 0
        for (i, count) in rle.counts.enumerated() {
            defer { position += count }
            guard i % 2 == 1, count > 0 else { continue }
            let last = position + count - 1
            for y in position / length...last / length {
                columns.set(max(position - y * length, 0)..<min(last + 1 - y * length, length), inRow: y)
            }
        }
        self = columns.transposed()
    }
}

/// Why run lengths are no mask.
public enum RLEError: SpanielError, Equatable {
    case size(Size)
    case empty(Size)
    case count(index: Int, found: Int, room: Int)
    case character(offset: Int, found: UInt8)
    case unfinished(offset: Int)

    public var code: String { "mask.rle" }

    public var description: String {
        switch self {
        case .size(let size):
            "run lengths for \(size.width)×\(size.height) pixels: expected a size of at most \(Limits.pixels) pixels"
        case .empty(let size):
            "no run lengths for \(size.width)×\(size.height) pixels: a mask without objects has one count, \(size.width * size.height)"
        case .count(let index, let found, let room):
            "run length \(index) is \(found), expected 0 to \(room), the pixels left (does \"size\" say [height, width]?)"
        case .character(let offset, let found):
            "run lengths hold byte \(found) at \(offset), expected characters from '0' to 'o'"
        case .unfinished(let offset):
            "the run length at character \(offset) has no end: the text was cut off or is not COCO's"
        }
    }
}
