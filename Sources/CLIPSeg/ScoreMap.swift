public import SpanielImaging
public import Tensor

extension CLIPSeg {
    /// The probability of each pixel of a picture to belong to what was looked for.
    ///
    ///     let map = try clipseg.scores(for: prompt, in: scene)
    ///     print(map.size.width * map.size.height == map.probabilities.count)  // true
    ///     let mask = map.mask(threshold: 0.3)
    ///
    /// The logits, not the probabilities, are enlarged bilinearly between cell centres. This happens in bands
    /// of rows, so that a map takes little memory until its numbers are asked for.
    public struct ScoreMap: Sendable {
        /// The size of the picture as displayed, in pixels.
        public let size: Size
        /// The logits in the model's square frame, which covers the whole picture, [s, s].
        public let logits: Tensor
        private let edges: EdgeRefinement?

        /// - Parameter logits: [s, s].
        package init(logits: Tensor, size: Size, edges: EdgeRefinement? = nil) {
            (self.logits, self.size, self.edges) = (logits, size, edges)
        }

        /// Returns this map with its edges moved to the edges of the picture.
        /// - Parameter picture: the picture that was encoded.
        /// - Throws: `CLIPSegError.otherPicture` for a picture of another size.
        public func refined(by picture: Picture) throws(CLIPSegError) -> ScoreMap {
            guard picture.size == size else { throw .otherPicture(expected: size, found: picture.size) }
            return ScoreMap(logits: logits, size: size, edges: EdgeRefinement(logits.sigmoid(), picture))
        }

        /// The probability of every pixel, 0…1, row after row.
        public var probabilities: [Float] { bands { band($0) }.flatMap(\.self) }

        /// The probability of every pixel in 65,536 steps, row after row, as a 16-bit picture stores it.
        public var probabilities16: [UInt16] {
            bands { band($0).map { $0 > 0 ? UInt16(($0 * 65535).rounded()) : 0 } }.flatMap(\.self)
        }

        /// The highest probability, and the centre of the pixel that has it.
        public var peak: (score: Float, point: Point) {
            let highest = bands { rows in
                let (score, place) = band(rows).highest
                return (score: score, place: rows.lowerBound * size.width + place)
            }
            return point(of: highest)
        }

        /// The best peak of all bands.
        func point(of bands: [(score: Float, place: Int)]) -> (score: Float, point: Point) {
            let best = bands.reduce((score: 0, place: 0)) { $1.score > $0.score ? $1 : $0 }
            return (
                best.score,
                Point(x: Double(best.place % size.width) + 0.5, y: Double(best.place / size.width) + 0.5)
            )
        }

        /// The pixels whose probability is at least the threshold.
        public func mask(threshold: Float) -> Mask {
            Mask(
                stacking: bands { rows in
                    let values = band(rows)
                    return Mask(width: size.width, height: rows.count) { x, y in
                        values[y * size.width + x] >= threshold
                    }
                })
        }

        /// Runs `body` for bands of rows in parallel.
        func bands<Result>(_ body: (Range<Int>) -> Result) -> [Result] {
            let height = max(1, min(64, 1 << 17 / max(1, size.width)))
            return Parallel.map((size.height + height - 1) / height) { i in
                body(i * height..<min(size.height, (i + 1) * height))
            }
        }

        /// Computes the probabilities of some rows, row after row.
        func band(_ rows: Range<Int>) -> [Float] {
            if let edges { return edges.band(rows) }
            return Tensor(logits.enlarged(to: size, rows: rows), [rows.count * size.width]).sigmoid().array
        }
    }
}

extension [Float] {
    /// The largest probability and its place; NaN, which broken weights give, does not count.
    var highest: (score: Float, place: Int) {
        var highest: (score: Float, place: Int) = (0, 0)
        for (place, value) in enumerated() where value > highest.score { highest = (value, place) }
        return highest
    }
}

extension Tensor {
    /// Computes some rows of what `interpolatedBilinear` returns for this map, [h, w], to the bit.
    func enlarged(to size: Size, rows: Range<Int>) -> [Float] {
        let columns = Self.linearTaps(from: shape[1], to: size.width)
        let lines = Self.linearTaps(from: shape[0], to: size.height)
        var result: [Float] = []
        result.reserveCapacity(rows.count * size.width)
        // The last two rows of the map, stretched to the width.
        var stretched: [(row: Int, values: [Float])] = []
        func line(_ row: Int) -> [Float] {
            if let known = stretched.last(where: { $0.row == row }) { return known.values }
            let source = self[leading: row].array
            let values = columns.map { (1 - $0.weight) * source[$0.first] + $0.weight * source[$0.second] }
            stretched = stretched.suffix(1) + [(row, values)]
            return values
        }
        for y in rows {
            let (above, below, down) = (line(lines[y].first), line(lines[y].second), lines[y].weight)
            for x in above.indices { result.append((1 - down) * above[x] + down * below[x]) }
        }
        return result
    }
}
