import SpanielTestSupport
import Tensor
import Testing

struct PoolingTests {
    @Test("the maxima of squares of cells are those of a plain loop, for all channels or some")
    func maxima() {
        var generator = Generator(seed: 5)
        let x = generator.tensor([2, 5, 7, 6])
        for (side, channels) in [(2, 0..<6), (2, 1..<4), (3, 5..<6)] {
            let pooled = x.maximumPooled(side: side, channels: channels)
            #expect(pooled.shape == [2, 5 / side, 7 / side, channels.count])
            for b in 0..<2 {
                for row in 0..<5 / side {
                    for column in 0..<7 / side {
                        for (c, channel) in channels.enumerated() {
                            let square = (0..<side * side).map {
                                x[b, row * side + $0 / side, column * side + $0 % side, channel]
                            }
                            #expect(pooled[b, row, column, c] == square.max())
                        }
                    }
                }
            }
        }
    }

    @Test("repeated cells are the nearest neighbour's enlargement")
    func repeated() {
        var generator = Generator(seed: 6)
        let x = generator.tensor([2, 3, 2, 5])
        let large = x.repeatedCells(side: 2)
        #expect(large.shape == [2, 6, 4, 5])
        for (b, row, column, c) in [(0, 0, 0, 0), (0, 1, 3, 4), (1, 5, 2, 1), (1, 4, 1, 3)] {
            #expect(large[b, row, column, c] == x[b, row / 2, column / 2, c])
        }
    }

    @Test(
        "pooling attention in windows is attention of the pooled queries, window by window",
        arguments: [4, nil])
    func pooledAttention(window: Int?) {
        var generator = Generator(seed: 7)
        let (height, width, channels, heads) = (6, 10, 12, 2)
        let qkv = generator.tensor([1, height, width, 3 * channels])
        let padding = generator.tensor([3 * channels])
        let found = pooledGridAttention(qkv, heads: heads, window: window, padding: padding)
        let (tall, wide) = (window ?? height, window ?? width)
        let queries = qkv.maximumPooled(side: 2, channels: 0..<channels)
        for top in stride(from: 0, to: height, by: tall) {
            for left in stride(from: 0, to: width, by: wide) {
                let cells = (0..<tall * wide).map { i -> Tensor in
                    let (row, column) = (top + i / wide, left + i % wide)
                    return row < height && column < width
                        ? qkv[leading: 0][leading: row][leading: column] : padding
                }
                let places = (0..<tall / 2 * (wide / 2)).map { i in
                    (row: top / 2 + i / (wide / 2), column: left / 2 + i % (wide / 2))
                }.filter { $0.row < height / 2 && $0.column < width / 2 }
                func part(_ range: Range<Int>) -> Tensor {
                    Tensor.stack(cells).lastAxis(range).reshaped([1, cells.count, channels])
                }
                let mixed = attention(
                    Tensor.stack(places.map { queries[leading: 0][leading: $0.row][leading: $0.column] })
                        .reshaped([1, places.count, channels]),
                    part(channels..<2 * channels), part(2 * channels..<3 * channels), heads: heads)
                for (i, place) in places.enumerated() {
                    expectClose(
                        found[leading: 0][leading: place.row][leading: place.column],
                        mixed[leading: 0][leading: i], "cell \(place)")
                }
            }
        }
    }
}
