import DINOv2
import SpanielTestSupport
import Tensor
import Testing

struct EncodingTests {
    private let picture: Picture

    init() throws { picture = try DINOv2Golden(file: "plain/steps").picture }  // 47 wide, 33 high

    @Test("an encoding has class token, registers and patches where transformers has them")
    func parts() throws {
        for (name, registers) in [("plain", 0), ("registers", 3)] {
            let dino = try DINOv2Golden.model(name)
            let encoding = try dino.encode(picture, preparation: .whole(longestSide: 32))
            let (pixels, _) = try dino.prepared(picture, .whole(longestSide: 32))
            #expect(pixels.shape == [1, 24, 32, 3])
            let states = try dino.tokens(pixels, layers: [dino.layerCount])
            let tokens = dino.norm(try #require(states[dino.layerCount]))[leading: 0]
            #expect(encoding.layer == dino.layerCount)
            #expect(encoding.classToken.shape == [16])
            #expect(encoding.registers.shape == [registers, 16])
            #expect(encoding.patches.shape == [6, 8, 16])
            #expect(encoding.classToken.array == tokens[leading: 0].array)
            #expect(encoding.registers.array == tokens[leading: 1..<1 + registers].array)
            #expect(
                encoding.patches[leading: 2][leading: 5].array
                    == tokens[leading: 1 + registers + 2 * 8 + 5].array)
        }
    }

    @Test("the example of the documentation compiles, and finds the patch under a pixel")
    func example() throws {
        let dino = try DINOv2Golden.model("plain")
        let cup = try dino.encode(picture)
        let cell = cup.frame.cell(at: Point(x: 46.9, y: 0.2))
        let patch = cup.patches[leading: Int(cell.y)][leading: Int(cell.x)]
        #expect(cup.patches.shape == [91, 130, 16] && patch.count == dino.channels)
        #expect(patch.array == cup.patches[leading: 0][leading: 129].array)
    }

    @Test("layers come in the order asked for, normalised or not, and no later layer runs")
    func layers() throws {
        let dino = try DINOv2Golden.model("plain")
        let raw = try dino.encode(picture, layers: [2, 1, 2], isNormalized: false)
        #expect(raw.map(\.layer) == [2, 1, 2])
        #expect(raw[0].patches.array == raw[2].patches.array && raw[0].patches.array != raw[1].patches.array)
        let normalized = try dino.encode(picture, layers: [2])
        expectClose(dino.norm(raw[0].patches), normalized[0].patches, "normalised", tolerance: 0)
        let last = try dino.encode(picture, layers: [3])
        #expect(last[0].patches.array == (try dino.encode(picture)).patches.array)
        #expect(try dino.encode(picture, layers: []).isEmpty)
        #expect(throws: DINOv2Error.layer(4, layers: 3)) { try dino.encode(picture, layers: [4]) }
    }

    @Test("the published preparation is transformers' to the last bit, and is cut from the middle")
    func published() throws {
        for name in ["plain", "registers"] {
            let dino = try DINOv2Golden.model(name)
            let steps = try DINOv2Golden(file: "\(name)/steps")
            let (pixels, frame) = try dino.prepared(try steps.picture, .published)
            expectClose(pixels, try steps["published"], "pixels", tolerance: 0)
            // 47 × 33 becomes 32 × 23, of which 16 × 20 are cut at 8, 1.
            #expect(frame.resized == Size(width: 32, height: 23))
            #expect(frame.part == Box(x1: 8, y1: 1, x2: 24, y2: 21))
            #expect(frame.grid == Size(width: 4, height: 5))
        }
    }

    @Test(
        "the longer side is what was asked for, and both are the nearest whole patches",
        arguments: [
            (Size(width: 640, height: 480), 518, Size(width: 518, height: 392)),
            (Size(width: 480, height: 640), 518, Size(width: 392, height: 518)),
            (Size(width: 518, height: 518), 518, Size(width: 518, height: 518)),
            (Size(width: 1, height: 60_000), 518, Size(width: 14, height: 518)),
            (Size(width: 896, height: 672), 896, Size(width: 896, height: 672)),
            (Size(width: 100, height: 99), 500, Size(width: 504, height: 490)),
        ])
    func sizes(_ size: Size, longest: Int, expected: Size) {
        #expect(DINOv2.wholePatches(size, longest: longest, patch: 14) == expected)
    }

    @Test("a longest side below a patch or above the limit is refused")
    func longestSides() throws {
        let dino = try DINOv2Golden.model("plain")
        for side in [3, 0, -14, 8193, Int.max] {
            #expect(throws: DINOv2Error.longestSide(side, least: 4, most: 8192)) {
                try dino.encode(picture, preparation: .whole(longestSide: side))
            }
        }
        #expect(try dino.encode(picture, preparation: .whole(longestSide: 4)).patches.shape == [1, 1, 16])
    }

    @Test("the frame leads from pixels to cells and back, and both corners of the picture to the grid's")
    func frame() throws {
        let frame = try DINOv2Golden.model("plain").encode(
            picture, preparation: .whole(longestSide: 32)
        ).frame
        #expect(frame.grid == Size(width: 8, height: 6))
        #expect(frame.cell(at: Point(x: 0, y: 0)) == Point(x: 0, y: 0))
        #expect(frame.cell(at: Point(x: 47, y: 33)) == Point(x: 8, y: 6))
        for (row, column) in [(0, 0), (2, 5), (5, 7)] {
            let center = frame.cell(at: frame.box(row: row, column: column).center)
            #expect(abs(center.x - Double(column) - 0.5) < 1e-9 && abs(center.y - Double(row) - 0.5) < 1e-9)
        }
        let cut = DINOv2.Frame(
            original: Size(width: 100, height: 50), resized: Size(width: 20, height: 10),
            input: Size(width: 8, height: 8), patchSize: 4)
        #expect(cut.cell(at: Point(x: 30, y: 5)) == Point(x: 0, y: 0))
        #expect(cut.box(row: 1, column: 1) == Box(x1: 50, y1: 25, x2: 70, y2: 45))
    }

    @Test("encoding stops when its task is cancelled")
    func cancellation() async throws {
        let (dino, picture) = (try DINOv2Golden.model("gated"), picture)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try dino.encode(picture)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("one, two and five threads give the same bits")
    func threads() async {
        // In a process of its own: the number of threads is everybody's.
        await #expect(processExitsWith: .success) {
            let picture = try DINOv2Golden(file: "plain/steps").picture
            for name in ModelTests.models {
                let dino = try DINOv2Golden.model(name)
                let runs = try [1, 2, 5].map { threads in
                    Parallel.threads = threads
                    return try dino.encode(picture, preparation: .whole(longestSide: 200)).patches.array
                }
                precondition(runs[0] == runs[1] && runs[0] == runs[2], "\(name): other bits")
            }
        }
    }

    @Test("after one warm-up picture of its shape, encoding takes no new buffer")
    func noNewBuffers() async {
        await #expect(processExitsWith: .success) {
            // On one thread, for which buffers are held at the same time depends on how bands of rows happen
            // to overlap.
            Parallel.threads = 1
            let dino = try DINOv2Golden.model("registers")
            let picture = try DINOv2Golden(file: "plain/steps").picture
            _ = try dino.encode(picture)
            let before = BufferPool.shared.statistics.allocations
            for _ in 0..<3 { _ = try dino.encode(picture) }
            let after = BufferPool.shared.statistics.allocations
            precondition(after == before, "\(after - before) new buffers")
        }
    }
}
