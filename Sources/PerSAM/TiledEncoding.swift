public import SpanielImaging

extension PerSAM {
    /// A picture encoded as a whole and in tiles, in which small objects are large enough to find.
    public struct TiledEncoding: Sendable {
        /// The size of the displayed picture, in pixels.
        public let size: Size
        /// The whole picture, then its tiles.
        package let views: [View]

        /// The whole picture or one tile, encoded.
        package struct View: Sendable {
            /// The place in the picture: x1, y1, x2, y2 in its pixels.
            package let part: Box
            package let encoding: Encoding
        }

        /// Encodes the whole picture and its tiles.
        /// - Parameters:
        ///   - tiles: the number of tiles along a side, 1…16.
        ///   - encode: encodes a picture.
        /// - Throws: `PerSAMError.tiles`, and what `encode` throws.
        package init(_ picture: Picture, tiles: Int, encode: (Picture) throws -> Encoding) throws {
            guard (1...Tiles.most).contains(tiles) else { throw PerSAMError.tiles(tiles, most: Tiles.most) }
            size = picture.size
            views = try Tiles.parts(of: picture.size, count: tiles).map { columns, rows in
                View(
                    part: Box(
                        x1: Double(columns.lowerBound), y1: Double(rows.lowerBound),
                        x2: Double(columns.upperBound), y2: Double(rows.upperBound)),
                    encoding: try encode(picture.cropped(columns: columns, rows: rows)))
            }
        }

        /// The whole picture alone.
        init(_ encoding: Encoding) {
            size = encoding.frame.original
            views = [View(part: Box(size), encoding: encoding)]
        }
    }

    /// Encodes a picture as a whole and in tiles; each tile takes as long as the whole.
    ///
    ///     let shelf = try persam.encode(Picture(contentsOf: Starters.shelf), tiles: 2)
    ///     print(try persam.find(concept, in: shelf).count)
    ///
    /// - Parameters:
    ///   - picture: the picture.
    ///   - tiles: the number of tiles along a side, 1…16; 1 is the whole picture alone.
    /// - Throws: `PerSAMError.tiles`; `CancellationError` when the current task is cancelled meanwhile.
    public func encode(_ picture: Picture, tiles: Int) throws -> TiledEncoding {
        try TiledEncoding(picture, tiles: tiles, encode: encode)
    }
}
