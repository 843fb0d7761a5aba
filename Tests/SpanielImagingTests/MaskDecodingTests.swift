import Foundation
import SpanielImaging
import Testing

@Suite struct MaskDecodingTests {
    /// A 4 x 2 bitmap of gray values, `channels` bytes a pixel.
    func bitmap(
        _ color: Bitmap.Color, _ bytes: [UInt8], depth: Int = 8, hasAlpha: Bool = false, key: [UInt16]? = nil
    ) -> Bitmap {
        Bitmap(
            width: 4, height: 2, color: color, depth: depth, bytes: bytes, transparentColor: key,
            hasAlpha: hasAlpha)
    }
    func rows(_ mask: Mask) -> [String] {
        (0..<mask.height).map { y in (0..<mask.width).map { x in mask[x, y] ? "#" : "." }.joined() }
    }
    typealias Entry = Bitmap.PaletteEntry

    @Test("a pixel of value 1 counts as much as one of 255")
    func anyValue() {
        #expect(rows(Mask(bitmap(.gray, [0, 1, 255, 0, 0, 0, 2, 0]))) == [".##.", "..#."])
    }

    @Test("the low byte of a 16-bit value counts")
    func sixteenBits() {
        let bytes = [0, 1, 256, 0, 0, 0, 65535, 0].flatMap { (value: UInt16) in
            withUnsafeBytes(of: value) { Array($0) }
        }
        #expect(rows(Mask(bitmap(.gray, bytes, depth: 16))) == [".##.", "..#."])
    }

    @Test("any channel counts")
    func anyChannel() {
        var bytes = [UInt8](repeating: 0, count: 24)
        bytes[3] = 9  // red of pixel 1
        bytes[7] = 1  // green of pixel 2
        bytes[14] = 3  // blue of pixel 4
        #expect(rows(Mask(bitmap(.rgb, bytes))) == [".##.", "#..."])
    }

    @Test("a palette's colors count, wherever its black is")
    func palette() {
        let indices: [UInt8] = [0, 1, 2, 0, 0, 0, 1, 0]
        let black = Entry()
        let red = Entry(red: 128)
        let white = Entry(red: 255, green: 255, blue: 255)
        #expect(rows(Mask(bitmap(.palette([black, red, white]), indices))) == [".##.", "..#."])
        #expect(rows(Mask(bitmap(.palette([white, black, red]), indices))) == ["#.##", "##.#"])
    }

    @Test("a palette whose colors say nothing is read by its indices")
    func indices() {
        let indices: [UInt8] = [0, 1, 2, 0, 0, 0, 1, 0]
        #expect(
            rows(Mask(bitmap(.palette(Array(repeating: Entry(), count: 256)), indices))) == [".##.", "..#."])
        #expect(
            rows(Mask(bitmap(.palette((0...255).map { Entry(red: 255, green: $0) }), indices))) == [
                ".##.", "..#.",
            ])
    }

    @Test("alpha counts where it is all there is")
    func alpha() {
        let alphas: [UInt8] = [0, 255, 1, 0, 0, 0, 9, 0]
        for gray: UInt8 in [0, 255] {
            let bytes = alphas.flatMap { [gray, $0] }
            #expect(rows(Mask(bitmap(.grayAlpha, bytes, hasAlpha: true))) == [".##.", "..#."])
        }
        let transparent = alphas.map { Entry(red: 7, alpha: $0) }
        #expect(rows(Mask(bitmap(.palette(transparent), Array(0..<8), hasAlpha: true))) == [".##.", "..#."])
    }

    @Test("a cut-out's invisible pixels do not count, an opaque or wholly transparent layer changes nothing")
    func cutOut() {
        let grays: [UInt8] = [5, 5, 0, 5, 0, 0, 5, 0]
        for (alphas, expected) in [
            ([255, 255, 255, 0, 255, 255, 255, 255], ["##..", "..#."]),
            (Array(repeating: 255, count: 8), ["##.#", "..#."]),
            (Array(repeating: 0, count: 8), ["##.#", "..#."]),
        ] as [([UInt8], [String])] {
            let bytes = zip(grays, alphas).flatMap { [$0, $1] }
            #expect(rows(Mask(bitmap(.grayAlpha, bytes, hasAlpha: true))) == expected)
        }
    }

    @Test("a transparent color hides its pixels")
    func key() {
        #expect(
            rows(Mask(bitmap(.gray, [7, 1, 255, 7, 7, 7, 7, 0], hasAlpha: true, key: [7]))) == [
                ".##.", "....",
            ])
        #expect(
            rows(Mask(bitmap(.gray, [0, 1, 255, 0, 0, 0, 7, 0], hasAlpha: true, key: [0]))) == [
                ".##.", "..#.",
            ])
    }

    @Test("a mask of one value is empty or full")
    func oneValue() {
        #expect(Mask(bitmap(.gray, Array(repeating: 0, count: 8))).isEmpty)
        #expect(Mask(bitmap(.gray, Array(repeating: 3, count: 8))).area == 8)
    }

    @Test("a mask is turned as its EXIF says", arguments: 1...8)
    func orientation(number: Int) throws {
        for name in ["png-orientation\(number).png", "jpeg-orientation\(number).jpg"] {
            let url = ImagingGolden.folder.appending(path: name)
            let picture = try Picture(contentsOf: url)
            let mask = try Mask(contentsOf: url)
            let expected = Mask(width: picture.width, height: picture.height) { x, y in
                picture.pixels[3 * (y * picture.width + x)..<3 * (y * picture.width + x) + 3].contains {
                    $0 != 0
                }
            }
            #expect(mask == expected)
        }
    }

    @Test(
        "every kind of PNG file gives the mask of its samples",
        arguments: ["gray1", "gray2", "gray4", "gray8", "rgb8", "gray16"])
    func files(kind: String) throws {
        let mask = try Mask(contentsOf: ImagingGolden.folder.appending(path: "png-\(kind).png"))
        // Small values of 16 bits round to black in 8; cut off at 255 they do not.
        let picture = try ImagingGolden.ppm("png-\(kind)\(kind == "gray16" ? ".dropped" : "").ppm")
        #expect(mask.size == picture.size)
        #expect(
            mask
                == Mask(width: picture.width, height: picture.height) { x, y in
                    picture.pixels[3 * (y * picture.width + x)..<3 * (y * picture.width + x) + 3].contains {
                        $0 != 0
                    }
                })
    }
}
