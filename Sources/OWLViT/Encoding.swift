public import SpanielImaging
import Tensor

extension OWLViT {
    /// An encoded picture, which any number of texts and examples are compared with.
    public struct Encoding: Sendable {
        /// The size of the displayed picture, in pixels.
        public let size: Size
        /// How the picture became a square.
        public let preparation: Preparation
        /// The number of tiles along a side; 1 is the whole picture alone.
        public let tiles: Int
        /// The whole picture, then its tiles.
        package let views: [View]

        package init(size: Size, preparation: Preparation, tiles: Int, views: [View]) {
            (self.size, self.preparation, self.tiles, self.views) = (size, preparation, tiles, views)
        }
    }

    /// The whole picture or one tile, encoded.
    package struct View: Sendable {
        package let frame: Frame
        package let patches: Patches
        /// The box that each patch predicts, in pixels of the picture; it may reach beyond the picture.
        package let boxes: [Box]

        package init(frame: Frame, patches: Patches) {
            self.frame = frame
            self.patches = patches
            let values = patches.boxes.array
            boxes = (0..<patches.count).map { i in
                frame.box(
                    middleX: values[4 * i], values[4 * i + 1], width: values[4 * i + 2],
                    height: values[4 * i + 3])
            }
        }
    }

    /// Encodes a picture, which is the slow part: do it once, then search for any number of classes.
    ///
    ///     let shelf = try owl.encode(Picture(contentsOf: Starters.shelf))
    ///     print(shelf.size) // Size(width: 640, height: 480)
    ///
    /// - Parameters:
    ///   - picture: the picture, of any size.
    ///   - preparation: how the picture becomes a square: `hf` does as transformers does, `padded` as OWL-ViT
    ///     was trained.
    ///   - tiles: the number of tiles along a side, 1…16. From 2, the tiles are searched besides the whole
    ///     picture, and each takes as long as the whole; use them for objects that are small in the picture.
    /// - Throws: `OWLViTError.tiles`; `CancellationError` when the current task is cancelled meanwhile.
    public func encode(_ picture: Picture, preparation: Preparation = .hf, tiles: Int = 1) throws -> Encoding
    {
        guard (1...Tiles.most).contains(tiles) else { throw OWLViTError.tiles(tiles, most: Tiles.most) }
        let views = try Tiles.parts(of: picture.size, count: tiles).map { columns, rows in
            let patches = try patches(
                of: preprocessing(picture.cropped(columns: columns, rows: rows), preparation))
            return View(frame: frame(columns, rows, preparation), patches: patches)
        }
        return Encoding(size: picture.size, preparation: preparation, tiles: tiles, views: views)
    }

    package func frame(_ columns: Range<Int>, _ rows: Range<Int>, _ preparation: Preparation) -> Frame {
        let part = Box(
            x1: Double(columns.lowerBound), y1: Double(rows.lowerBound), x2: Double(columns.upperBound),
            y2: Double(rows.upperBound))
        return Frame(part, isPadded: preprocessing.pads(preparation))
    }
}
