public import SpanielFiles

/// A mask as COCO writes it: lengths of runs, alternately outside and inside the object, down each column,
/// from the left column to the right.
///
///     let rle = try RLE(counts: [3, 2, 1, 2, 4], size: Size(width: 4, height: 3))
///     print(rle.area, rle.compressed)  // 4 32103
///
/// It is our own because no Swift package reads or writes this form; tests hold it against pycocotools.
public struct RLE: Sendable, Equatable {
    /// The size of the mask in pixels.
    public let size: Size
    /// The lengths of the runs; the first counts pixels outside the object and may be 0. Their sum is the
    /// number of pixels.
    public let counts: [Int]

    /// Takes lengths of runs, the first outside the object; as in pycocotools, pixels after the last run are
    /// outside.
    ///
    /// - Throws: `RLEError` if a count is negative, there are more pixels than the size has, or the size
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

    /// Completes counts that end early: the missing pixels join the last run if it is outside the object, or
    /// become a run.
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

    /// The run lengths of a mask.
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

    /// The run lengths of all pixels that any of the runs holds.
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

    /// The pixels of the object, as ranges of positions down the columns from the left.
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

    /// The number of pixels inside the object.
    public var area: Int {
        var area = 0
        for i in stride(from: 1, to: counts.count, by: 2) { area += counts[i] }
        return area
    }
}

extension Mask {
    /// The run lengths of this mask.
    public var rle: RLE { RLE(self) }

    /// The mask of run lengths.
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

/// Says why run lengths are no mask.
public enum RLEError: SpanielError, Equatable {
    /// The size is negative or has too many pixels.
    case size(Size)
    /// There is no count, although the size has pixels.
    case empty(Size)
    /// A count is negative or exceeds the pixels that are left, `room`.
    case count(index: Int, found: Int, room: Int)
    /// The text has a character that COCO does not use, at this byte.
    case character(offset: Int, found: UInt8)
    /// The count that begins at this byte has no end.
    case unfinished(offset: Int)

    /// A stable name for programs.
    public var code: String { "mask.rle" }

    /// The sentence for people: the subject, what was expected and found, and the fix.
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
