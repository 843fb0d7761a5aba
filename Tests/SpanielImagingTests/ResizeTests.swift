import SpanielImaging
import Testing

@Suite struct ResizeTests {
    /// The samples Tests/Goldens/Scripts/imaging.py resizes.
    static func formula(_ count: Int) -> [UInt8] {
        var state: UInt64 = 12345
        return (0..<count).map { _ in
            state = (state * 1_103_515_245 + 12345) % (1 << 31)
            return UInt8(truncatingIfNeeded: state >> 16)
        }
    }

    @Test("resizing gives Pillow's bytes at odd sizes, up and down, in every filter")
    func equalsPillow() throws {
        let lines = try ImagingGolden.lines("resize.txt")
        #expect(lines.count == 2 * 5 * 14 * 5)
        for line in lines {
            let numbers = line.prefix(5).map { Int($0)! }
            let from = Size(width: numbers[1], height: numbers[2])
            let to = Size(width: numbers[3], height: numbers[4])
            let filter = try #require(ResizeFilter(rawValue: line[5]))
            let bytes = Self.formula(from.width * from.height * numbers[0])
            let resized = Resize.bytes(bytes, from: from, to: to, channels: numbers[0], filter: filter)
            #expect(ImagingGolden.checksum(resized) == line[6], "\(line.dropLast())")
        }
    }

    @Test(
        "the fast passes equal the plain sums", arguments: [1, 3],
        [ResizeFilter.box, .bilinear, .bicubic, .lanczos])
    func equalsPlainSums(channels: Int, filter: ResizeFilter) {
        for (from, to) in [
            (Size(width: 301, height: 7), Size(width: 96, height: 40)),
            (Size(width: 5, height: 203), Size(width: 88, height: 9)),
        ] {
            let bytes = Self.formula(from.width * from.height * channels)
            let fast = Resize.bytes(bytes, from: from, to: to, channels: channels, filter: filter)
            #expect(fast == Resize.plain(bytes, from: from, to: to, channels: channels, filter: filter))
        }
    }

    @Test("a 1x1 picture resizes to any size")
    func onePixel() {
        let dot = Picture(rgb: [10, 20, 30], width: 1, height: 1)
        for filter in ResizeFilter.allCases {
            let large = dot.resized(to: Size(width: 33, height: 7), filter: filter)
            #expect(large.pixels == (0..<33 * 7).flatMap { _ in [10, 20, 30] })
        }
    }

    @Test("the same size gives the same picture")
    func sameSize() {
        let picture = Picture(rgb: Self.formula(3 * 19 * 8), width: 19, height: 8)
        for filter in ResizeFilter.allCases {
            #expect(picture.resized(to: picture.size, filter: filter) == picture)
        }
    }
}
