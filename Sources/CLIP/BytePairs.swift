extension CLIP.Tokenizer {
    /// Byte pair encoding (Sennrich et al. 2016): a piece of text starts as its bytes, and neighbours merge,
    /// first the pair that the vocabulary learnt first.
    struct BytePairs: Sendable {
        /// The id of each byte within a piece; nil if the vocabulary lacks it.
        let inner: [Int32?]
        /// The id of each byte at the end of a piece.
        let last: [Int32?]
        /// The merge of two neighbours, by their ids.
        let merges: [Pair: Merge]

        struct Pair: Hashable, Sendable {
            let left: Int32
            let right: Int32
        }

        struct Merge: Sendable {
            /// The order of merges: a lower rank is done first.
            let rank: Int
            let id: Int32
        }

        /// A merge that may happen, unless another one has used up one of its two parts before.
        private struct Candidate: Comparable {
            let merge: Merge
            let place: Int

            static func < (a: Self, b: Self) -> Bool { (a.merge.rank, a.place) < (b.merge.rank, b.place) }
            static func == (a: Self, b: Self) -> Bool { (a.merge.rank, a.place) == (b.merge.rank, b.place) }
        }

        /// A part of a piece, and the places of its neighbours; -1 means none.
        private struct Part {
            var id: Int32
            var previous: Int
            var next: Int
            var isGone = false
        }

        /// Appends the ids of a piece.
        /// - Parameters:
        ///   - piece: UTF-8.
        ///   - unknown: the id for a byte that the vocabulary lacks.
        /// - Returns: the number of such bytes.
        /// - Complexity: O(n log n) for n bytes.
        func append(_ piece: [UInt8], unknown: Int32, to words: inout [Int32]) -> Int {
            var missing = 0
            var parts: [Part] = []
            parts.reserveCapacity(piece.count)
            for (i, byte) in piece.enumerated() {
                let isLast = i == piece.count - 1
                let id = isLast ? last[Int(byte)] : inner[Int(byte)]
                if id == nil { missing += 1 }
                parts.append(Part(id: id ?? unknown, previous: i - 1, next: isLast ? -1 : i + 1))
            }
            var queue = Heap<Candidate>()
            func consider(_ place: Int) {
                guard place >= 0, parts[place].next >= 0, let merge = merge(parts, place) else { return }
                queue.insert(Candidate(merge: merge, place: place))
            }
            for place in parts.indices { consider(place) }
            while let candidate = queue.popFirst() {
                let place = candidate.place
                let next = parts[place].next
                guard !parts[place].isGone, next >= 0, merge(parts, place)?.id == candidate.merge.id else {
                    continue
                }
                parts[place].id = candidate.merge.id
                parts[place].next = parts[next].next
                parts[next].isGone = true
                if parts[next].next >= 0 { parts[parts[next].next].previous = place }
                consider(parts[place].previous)
                consider(place)
            }
            words += parts.lazy.filter { !$0.isGone }.map(\.id)
            return missing
        }

        private func merge(_ parts: [Part], _ place: Int) -> Merge? {
            merges[Pair(left: parts[place].id, right: parts[parts[place].next].id)]
        }
    }

    /// A queue whose smallest element comes first.
    ///
    /// It is our own because thirty lines are less than a dependency on swift-collections for every consumer.
    struct Heap<Element: Comparable> {
        private var elements: [Element] = []

        mutating func insert(_ element: Element) {
            elements.append(element)
            var child = elements.count - 1
            while child > 0, elements[child] < elements[(child - 1) / 2] {
                elements.swapAt(child, (child - 1) / 2)
                child = (child - 1) / 2
            }
        }

        mutating func popFirst() -> Element? {
            guard let last = elements.popLast() else { return nil }
            guard let first = elements.first else { return last }
            elements[0] = last
            var parent = 0
            while true {
                let children = (2 * parent + 1..<2 * parent + 3).filter { $0 < elements.count }
                guard let child = children.min(by: { elements[$0] < elements[$1] }),
                    elements[child] < elements[parent]
                else {
                    return first
                }
                elements.swapAt(child, parent)
                parent = child
            }
        }
    }
}
