/// Says which neighbours count as touching.
public enum Connectivity: Sendable {
    /// The pixels at the four sides.
    case four
    /// The pixels at the four sides and at the four corners.
    case eight
}

/// The connected parts of a mask, in the order of their first pixels, row by row.
///
///     let mask = Mask(width: 5, height: 1) { x, _ in x != 2 }
///     print(mask.components().map(\.area))  // [2, 2]
public struct Components: Sendable, RandomAccessCollection {
    /// One connected part.
    public struct Component: Sendable, Equatable {
        /// The number of pixels.
        public fileprivate(set) var area: Int
        /// The smallest box around the part: x1, y1, x2, y2, half-open, in pixels.
        public fileprivate(set) var box: Box
    }

    struct Run {
        let y: Int32
        let start: Int32
        let end: Int32
        var label: Int32
    }

    private let size: Size
    private var runs: [Run] = []
    private var rowStarts: [Int] = []
    private var parts: [Component] = []

    /// The index of the first part, 0.
    public var startIndex: Int { 0 }
    /// The number of parts.
    public var endIndex: Int { parts.count }
    /// The part with an index; one outside `indices` traps.
    public subscript(index: Int) -> Component { parts[index] }

    init(_ mask: Mask, _ connectivity: Connectivity) {
        size = mask.size
        var forest = Forest()
        let reach: Int32 = connectivity == .eight ? 1 : 0
        for y in 0..<mask.height {
            var above = rowStarts.last ?? 0
            let aboveEnd = runs.count
            rowStarts.append(runs.count)
            mask.forEachRun(inRow: y) { range in
                let (start, end) = (Int32(range.lowerBound), Int32(range.upperBound))
                let label = forest.add()
                while above < aboveEnd && runs[above].end + reach <= start { above += 1 }
                var touching = above
                while touching < aboveEnd && runs[touching].start < end + reach {
                    forest.join(label, runs[touching].label)
                    touching += 1
                }
                runs.append(Run(y: Int32(y), start: start, end: end, label: label))
            }
        }
        rowStarts.append(runs.count)
        number(&forest)
    }

    /// Gives the trees of touching runs consecutive numbers, and adds up their areas and boxes.
    private mutating func number(_ forest: inout Forest) {
        var labels = [Int32](repeating: -1, count: runs.count)
        for i in runs.indices {
            let run = runs[i]
            let root = Int(forest.root(run.label))
            let box = Box(
                x1: Double(run.start), y1: Double(run.y), x2: Double(run.end), y2: Double(run.y + 1))
            if labels[root] < 0 {
                labels[root] = Int32(parts.count)
                parts.append(Component(area: 0, box: box))
            }
            let label = Int(labels[root])
            runs[i].label = Int32(label)
            parts[label].area += Int(run.end - run.start)
            parts[label].box.x1 = Swift.min(parts[label].box.x1, box.x1)
            parts[label].box.x2 = Swift.max(parts[label].box.x2, box.x2)
            parts[label].box.y2 = box.y2
        }
    }

    /// The pixels of one part, at the size of the whole mask; an index outside `indices` gives an empty mask.
    public func mask(of index: Int) -> Mask { mask { $0 == index } }

    /// The pixels of the parts for whose indices `isWanted` holds, at the size of the whole mask.
    public func mask(where isWanted: (Int) throws -> Bool) rethrows -> Mask {
        let wanted = try parts.indices.map(isWanted)
        var result = Mask(size: size)
        for run in runs where wanted[Int(run.label)] {
            result.set(Int(run.start)..<Int(run.end), inRow: Int(run.y))
        }
        return result
    }

    /// The index of the part to which a pixel belongs; nil outside the object.
    package func index(atX x: Int, y: Int) -> Int? {
        guard y >= 0, y < size.height else { return nil }
        var low = rowStarts[y]
        var high = rowStarts[y + 1]
        while low < high {
            let middle = (low + high) / 2
            if Int(runs[middle].end) <= x { low = middle + 1 } else { high = middle }
        }
        return low < rowStarts[y + 1] && Int(runs[low].start) <= x ? Int(runs[low].label) : nil
    }
}

/// Disjoint sets with path halving; the oldest member of a set is its root.
private struct Forest {
    private var parents: [Int32] = []

    mutating func add() -> Int32 {
        parents.append(Int32(parents.count))
        return Int32(parents.count - 1)
    }

    mutating func root(_ member: Int32) -> Int32 {
        var member = member
        while parents[Int(member)] != member {
            parents[Int(member)] = parents[Int(parents[Int(member)])]
            member = parents[Int(member)]
        }
        return member
    }

    mutating func join(_ a: Int32, _ b: Int32) {
        let (a, b) = (root(a), root(b))
        if a < b { parents[Int(b)] = a } else { parents[Int(a)] = b }
    }
}

extension Mask {
    /// Finds the connected parts of the object.
    /// - Parameter connectivity: whether pixels that touch only at a corner are connected. Default: they are.
    public func components(_ connectivity: Connectivity = .eight) -> Components {
        Components(self, connectivity)
    }
}
