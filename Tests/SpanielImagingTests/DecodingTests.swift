import Foundation
import SpanielImaging
import Testing

@Suite struct DecodingTests {
    @Test("every kind of PNG and JPEG decodes to transformers' pixels", arguments: ImagingGolden.pictures)
    func decodes(name: String) throws {
        let stem = String(name.dropLast(4))
        guard ImagingGolden.names.contains(stem + ".ppm") else { return }
        let url = ImagingGolden.folder.appending(path: name)
        let expected = try ImagingGolden.ppm(stem + ".ppm")
        #expect(difference(try Picture(contentsOf: url), expected) == nil)
        #expect(try Picture(decoding: Data(contentsOf: url)) == expected)
        let dropped =
            ImagingGolden.names.contains(stem + ".dropped.ppm")
            ? try ImagingGolden.ppm(stem + ".dropped.ppm") : expected
        #expect(difference(try Picture(contentsOf: url, transparency: .dropped), dropped) == nil)
    }

    @Test("large pictures decode to transformers' pixels by checksum")
    func decodesLarge() throws {
        for line in try ImagingGolden.lines("sums.txt") {
            let url = ImagingGolden.folder.appending(path: line[0] + ".png")
            let white = try Picture(contentsOf: url)
            #expect("\(white.width) \(white.height)" == "\(line[1]) \(line[2])")
            #expect(ImagingGolden.checksum(white.pixels) == line[3])
            #expect(
                ImagingGolden.checksum(try Picture(contentsOf: url, transparency: .dropped).pixels) == line[4]
            )
        }
    }
}
