import SpanielTestSupport
import Tensor
import Testing

@Suite struct ShapingTests {
    let counting = Tensor((0..<24).map(Float.init), [2, 3, 4])

    @Test("transposing moves axes")
    func transposing() {
        let moved = counting.transposed([2, 0, 1])
        #expect(moved.shape == [4, 2, 3])
        for i in 0..<2 { for j in 0..<3 { for k in 0..<4 { #expect(moved[k, i, j] == counting[i, j, k]) } } }
        #expect(counting.transposed([0, 1, 2]).array == counting.array)
    }

    @Test("concatenating and slicing undo each other")
    func concatenating() {
        let parts = [counting.lastAxis(0..<1), counting.lastAxis(1..<4)]
        #expect(Tensor.concatenated(parts, axis: -1).array == counting.array)
        #expect(
            Tensor.concatenated([counting[leading: 0..<1], counting[leading: 1..<2]], axis: 0).array
                == counting.array)
    }

    @Test("writing copies a shared storage")
    func copyOnWrite() {
        var copy = counting
        copy.withMutableValues { $0[0] = 99 }
        #expect(copy.array[0] == 99 && counting.array[0] == 0)
    }

    @Test("patches and their layout undo each other")
    func patches() {
        var generator = Generator(seed: 10)
        let grid = generator.tensor([2, 6, 4, 3])
        let patches = grid.patches(side: 2)
        #expect(patches.shape == [2, 3, 2, 12])
        #expect(patches[1, 2, 1, 3 + 2] == grid[1, 4, 3, 2])
        #expect(patches.unpatched(side: 2).array == grid.array)
    }

    @Test("a convolution equals its sums, whatever its stride", arguments: [(3, 1), (3, 2), (7, 4), (5, 3)])
    func convolution(kernel: Int, stride: Int) {
        var generator = Generator(seed: 11)
        let (height, width, reach) = (9, 10, kernel / 2)
        let x = generator.tensor([2, height, width, 3])
        let weight = generator.tensor([4, 3, kernel, kernel])
        let bias = generator.tensor([4])
        let found = Conv2d(weight: weight, bias: bias, stride: stride)(x)
        let (rows, columns) = ((height + stride - 1) / stride, (width + stride - 1) / stride)
        #expect(found.shape == [2, rows, columns, 4])
        for (b, row, column, o) in [(0, 0, 0, 0), (1, rows - 1, columns - 1, 3), (0, 1, 1, 1), (1, 0, 2, 2)] {
            var sum = bias[o]
            for dy in 0..<kernel {
                for dx in 0..<kernel {
                    let (y, across) = (row * stride + dy - reach, column * stride + dx - reach)
                    guard (0..<height).contains(y), (0..<width).contains(across) else { continue }
                    for i in 0..<3 { sum += weight[o, i, dy, dx] * x[b, y, across, i] }
                }
            }
            #expect(abs(found[b, row, column, o] - sum) <= 5e-5)  // up to 147 products of numbers below 1
        }
    }

    @Test(
        "a transposed convolution writes one patch for each cell", arguments: [4, 16, 48],
        [Tensor.Activation.identity, .relu])
    func transposedConvolution(out: Int, activation: Tensor.Activation) {
        var generator = Generator(seed: 12)
        let x = generator.tensor([2, 2, 3, 5])
        let weight = generator.tensor([5, out, 2, 2])
        let bias = generator.tensor([out])
        let found = ConvTranspose2d(weight: weight, bias: bias)(x, activation: activation)
        #expect(found.shape == [2, 4, 6, out])
        for b in 0..<2 {
            for y in 0..<4 {
                for column in 0..<6 {
                    for o in 0..<out {
                        let sum = (0..<5).reduce(bias[o]) {
                            $0 + x[b, y / 2, column / 2, $1] * weight[$1, o, y % 2, column % 2]
                        }
                        // 5 products of numbers below 1.
                        #expect(
                            abs(found[b, y, column, o] - (activation == .relu ? max(0, sum) : sum)) <= 1e-5)
                    }
                }
            }
        }
    }

    @Test("bicubic interpolation equals PyTorch's")
    func bicubic() {
        // torch.nn.functional.interpolate(x, (3, 5), mode="bicubic", align_corners=False) of x[y][c] = (3 y +
        // c) ** 2 % 7, y < 2, c < 3.
        let x = Tensor([0, 1, 4, 2, 2, 4], [2, 3, 1])
        let found = x.interpolatedBicubic(height: 3, width: 5)
        #expect(found.shape == [3, 5, 1])
        let expected: [Float] = [
            -0.2779445, 0.0258204, 0.9131947, 2.8805702, 4.2963347, 0.9520001, 1.0140007, 1.5, 3.0660002,
            4.2400002, 2.1819446, 2.0021808,
            2.0868056, 3.2514315, 4.1836672,
        ]
        #expect(largestDifference(found.array, expected).difference <= 2e-6)
        #expect(x.interpolatedBicubic(height: 2, width: 3).array == x.array)
    }

    @Test("bilinear interpolation keeps a plane and repeats the edge")
    func bilinear() {
        let plane = Tensor((0..<12).map { Float($0 / 4) * 10 + Float($0 % 4) }, [3, 4])
        let up = plane.interpolatedBilinear(height: 6, width: 8)
        #expect(up[0, 0] == 0 && up[5, 7] == 23)
        #expect(abs(up[3, 4] - (12.5 + 1.75)) <= 1e-5)  // rows at 1.25, columns at 1.75
        #expect(plane.interpolatedBilinear(height: 3, width: 4).array == plane.array)
    }

    @Test("once it has been trimmed the pool holds what tensors hold, and these keep their numbers")
    func trimmed() async {
        await #expect(processExitsWith: .success) {
            let sizes = [100_000, 300_000, 1_000_000, 5_000_000]
            var kept: [Tensor] = []
            for (i, size) in sizes.enumerated() {
                kept.append(Tensor.zeros([size]) + Float(i))
                _ = Tensor.zeros([size])
            }
            BufferPool.shared.trim()
            precondition(
                zip(kept, 0...).allSatisfy { tensor, i in tensor.array.allSatisfy { $0 == Float(i) } })
            let held = BufferPool.shared.statistics
            precondition(held.bytesHeld == held.bytesInUse, "\(held)")
            kept.removeFirst()
            kept.append(Tensor.zeros([5_000_000]) + 7)
            precondition(kept[2][4_999_999] == 3 && kept[3][0] == 7)
        }
    }

    @Test("the pool hands freed memory out again, small and large")
    func pool() async {
        // In a process of its own: other tests share the pool.
        await #expect(processExitsWith: .success) {
            for count in [123_457, 12_345_678] {
                _ = Tensor.zeros([count])
                let before = BufferPool.shared.statistics.allocations
                for _ in 0..<10 { _ = Tensor.zeros([count]) }
                let after = BufferPool.shared.statistics.allocations
                precondition(after == before, "\(after - before) new for \(count) numbers")
            }
        }
    }
}
