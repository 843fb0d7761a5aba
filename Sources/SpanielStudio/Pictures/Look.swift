package import SpanielImaging

/// How a picture looks, in 64 bits: whether each of 8 × 8 places is brighter than the one at its right.
///
/// Pictures that were scaled, compressed anew or taken a moment later differ in few bits.
package enum Look {
    /// The bits in which near-duplicates may differ.
    package static let mostDifferent = 4
    /// A flat picture says nothing.
    private static let fewest = 6

    /// nil for a picture that looks like nothing.
    package static func hash(of picture: Picture) -> UInt64? {
        let small = picture.resized(to: Size(width: 9, height: 8), filter: .bilinear)
        func brightness(_ x: Int, _ y: Int) -> Int {
            let place = 3 * (9 * y + x)
            return 299 * Int(small.pixels[place]) + 587 * Int(small.pixels[place + 1])
                + 114 * Int(small.pixels[place + 2])
        }
        var bits: UInt64 = 0
        for y in 0..<8 {
            for x in 0..<8 where brightness(x, y) > brightness(x + 1, y) { bits |= 1 << UInt64(8 * y + x) }
        }
        return (fewest...64 - fewest).contains(bits.nonzeroBitCount) ? bits : nil
    }

    /// Groups pictures that look nearly the same and have nearly the same shape.
    ///
    /// - Returns: for each id in a group the group's smallest id; groups of one are left out.
    package static func groups(_ pictures: [(id: Int64, look: UInt64, size: Size)]) -> [Int64: Int64] {
        var parent = Array(pictures.indices)
        func root(_ i: Int) -> Int {
            var i = i
            while parent[i] != i {
                parent[i] = parent[parent[i]]
                i = parent[i]
            }
            return i
        }
        for i in pictures.indices {
            for j in pictures.indices.dropFirst(i + 1)
            where (pictures[i].look ^ pictures[j].look).nonzeroBitCount <= mostDifferent {
                let (a, b) = (pictures[i].size, pictures[j].size)
                let (left, right) = (a.width * b.height, b.width * a.height)
                guard 50 * abs(left - right) <= max(left, right) else { continue }
                parent[root(i)] = root(j)
            }
        }
        var members: [Int: [Int64]] = [:]
        for i in pictures.indices { members[root(i), default: []].append(pictures[i].id) }
        var groups: [Int64: Int64] = [:]
        for ids in members.values where ids.count > 1 {
            let first = ids.min() ?? 0
            for id in ids { groups[id] = first }
        }
        return groups
    }
}
