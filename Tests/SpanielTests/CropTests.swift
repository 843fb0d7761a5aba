import Spaniel
import Testing

@Suite("Squares cut out for a classifier")
struct CropTests {
    /// Red counts the columns, green the rows.
    private func picture(_ width: Int, _ height: Int) -> Picture {
        Picture(
            rgb: (0..<width * height).flatMap { [UInt8($0 % width), UInt8($0 / width), 9] }, width: width,
            height: height)
    }

    private func pixel(_ picture: Picture, _ x: Int, _ y: Int) -> [UInt8] {
        Array(picture.pixels[(y * picture.width + x) * 3..<(y * picture.width + x) * 3 + 3])
    }

    @Test("a box has its surroundings round it, as much on each side")
    func middle() {
        let cut = picture(200, 150).square(around: Box(x1: 90, y1: 60, x2: 110, y2: 70), margin: 0.5)
        #expect(cut.size == Size(width: 40, height: 40))
        #expect(pixel(cut, 0, 0) == [80, 45, 9])
        #expect(pixel(cut, 39, 39) == [119, 84, 9])
    }

    @Test("at an edge the square moves into the picture")
    func edge() {
        let cut = picture(200, 150).square(around: Box(x1: 180, y1: 0, x2: 200, y2: 20), margin: 0.5)
        #expect(cut.size == Size(width: 40, height: 40))
        #expect(pixel(cut, 0, 0) == [160, 0, 9])
        #expect(pixel(cut, 39, 39) == [199, 39, 9])
    }

    @Test("what is larger than the picture has grey beside it")
    func padded() {
        let cut = picture(100, 20).square(around: Box(x1: 0, y1: 0, x2: 100, y2: 20), margin: 0)
        #expect(cut.size == Size(width: 100, height: 100))
        #expect(pixel(cut, 50, 39) == [124, 124, 124])
        #expect(pixel(cut, 50, 40) == [50, 0, 9])
        #expect(pixel(cut, 99, 59) == [99, 19, 9])
        #expect(pixel(cut, 50, 60) == [124, 124, 124])
    }

    @Test("boxes without extent, outside, or out of all measure give a picture too")
    func extremes() {
        for box in [
            Box(x1: 5, y1: 5, x2: 5, y2: 5), Box(x1: -50, y1: -50, x2: -40, y2: -40),
            Box(x1: 1e9, y1: 0, x2: 2e9, y2: 3),
            Box(x1: -1e12, y1: -1e12, x2: 1e12, y2: 1e12),
        ] {
            let cut = picture(60, 40).square(around: box, margin: 0.15)
            #expect(cut.width == cut.height && cut.width >= 1 && cut.width <= 240)
        }
    }
}
