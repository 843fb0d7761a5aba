import OWLViT
import Tensor
import Testing

struct TileTests {
    @Test(
        "tiles cover a side, overlap by a quarter, and are of one length",
        arguments: [(1000, 3), (97, 2), (61, 4), (5, 5), (3, 16), (1, 2)])
    func ranges(length: Int, count: Int) {
        let ranges = Tiles.ranges(of: length, count: count)
        #expect(ranges.count <= min(count, length) && (length < 20 || ranges.count == count))
        #expect(ranges.first?.lowerBound == 0 && ranges.last?.upperBound == length)
        #expect(Set(ranges.map(\.count)).count == 1)
        for (a, b) in zip(ranges, ranges.dropFirst()) {
            #expect(b.lowerBound <= a.upperBound && b.lowerBound > a.lowerBound)
            if length > 20 { #expect(a.upperBound - b.lowerBound >= a.count / 4 - 1) }
        }
    }

    @Test(
        "an encoding by tiles holds the whole picture and every tile, each where it lies",
        arguments: OWLViTGolden.all)
    func encoding(golden: OWLViTGolden) throws {
        let owl = try golden.model()
        let picture = OWLViTGolden.picture(0)
        let (whole, tiled) = (try owl.encode(picture), try owl.encode(picture, tiles: 2))
        #expect(tiled.views.count == 5)
        #expect(tiled.views[0].patches.embeddings.array == whole.views[0].patches.embeddings.array)
        let parts = tiled.views.dropFirst().map(\.frame.part)
        #expect(parts.map(\.x1).min() == 0 && parts.map(\.x2).max() == 97 && parts.map(\.y2).max() == 61)
        // A tile is encoded as a picture of its own.
        let part = parts[3]
        let (x, y, width, height) = (Int(part.x1), Int(part.y1), Int(part.width), Int(part.height))
        var pixels: [UInt8] = []
        for row in y..<y + height {
            let start = 3 * (row * 97 + x)
            pixels += picture.pixels[start..<start + 3 * width]
        }
        let alone = try owl.encode(Picture(rgb: pixels, width: width, height: height))
        #expect(alone.views[0].patches.boxes.array == tiled.views[4].patches.boxes.array)
        for (inTile, inPicture) in zip(alone.views[0].boxes, tiled.views[4].boxes) {
            #expect(
                abs(inTile.x1 + part.x1 - inPicture.x1) < 1e-3
                    && abs(inTile.y2 + part.y1 - inPicture.y2) < 1e-3)
        }
    }

    @Test("the number of tiles is from 1 to 16")
    func bounds() throws {
        let owl = try OWLViTGolden.v1.model()
        for tiles in [0, -3, 17] {
            #expect(throws: OWLViTError.tiles(tiles, most: 16)) {
                try owl.encode(OWLViTGolden.picture(2), tiles: tiles)
            }
        }
    }

    @Test("an object that several views show is one, and one that a tile's edge cuts is its neighbour's")
    func merging() throws {
        let planted = try Planted()
        let (a, b) = (planted.direction(0), planted.direction(1))
        func like(_ cosine: Float) -> Tensor { planted.mixed(a, b, cosine: cosine) }
        let whole = planted.view([(like(0.9), box(10, 10, 30, 30)), (like(0.97), box(35, 35, 95, 95))])
        let left = planted.view(
            [
                // The first object again, seen better; the small one that only tiles show; the large one cut
                // off by the tile's edge.
                (like(0.98), box(11, 10, 30, 31)), (like(0.95), box(2, 40, 6, 44)),
                (like(1), box(35, 35, 59.8, 60)),
                // A part of the large one, taken for a whole.
                (like(0.93), box(45, 45, 58, 58)),
            ], part: box(0, 0, 60, 60))
        let concept = OWLViT.Concept(className: "a", examples: planted.examples(a), model: planted.model)
        for suppression in [OWLViT.DetectOptions.Suppression.none, .classWise(iou: 0.3)] {
            let found = try planted.owl.detect(
                concept, in: planted.encoding(whole, left), options: .init(suppression: suppression))
            #expect(found.map { $0.box.x1.rounded() } == [11, 35, 2], "\(found.map(\.box))")
        }
    }
}
