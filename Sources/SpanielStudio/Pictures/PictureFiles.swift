import SpanielFiles
package import SpanielImaging
import SpanielPlatform
import Synchronization

/// The pictures of the folder as pixels, thumbnails, crops, and as a browser shows them.
package final class PictureFiles: Sendable {
    package let folder: PhotoFolder
    package let cache: StudioCache
    /// The pictures that were decoded last, the latest at the end.
    private let recent = Mutex<[(key: String, picture: Picture)]>([])

    /// The pixels that are kept decoded.
    private static let keptPixels = 40_000_000
    package static let thumbnailSide = 256

    package init(_ folder: PhotoFolder, _ cache: StudioCache) {
        (self.folder, self.cache) = (folder, cache)
    }

    /// Decodes a picture, or takes it from those that were decoded last.
    ///
    /// - Throws: `StudioError.picture`.
    package func picture(_ record: PictureRecord) throws(StudioError) -> Picture {
        let key = record.key
        if let known = recent.withLock({ recent in recent.first { $0.key == key }?.picture }) { return known }
        let picture = try decode(folder.bytes(record.path), record.path)
        keep(picture, key)
        return picture
    }

    func decode(_ bytes: [UInt8], _ path: String) throws(StudioError) -> Picture {
        do { return try Picture(bytes: bytes, name: path) } catch {
            throw .picture(code: error.code, error.description)
        }
    }

    func keep(_ picture: Picture, _ key: String) {
        recent.withLock { recent in
            recent.removeAll { $0.key == key }
            recent.append((key, picture))
            var pixels = recent.reduce(0) { $0 + $1.picture.width * $1.picture.height }
            while pixels > Self.keptPixels, recent.count > 1 {
                let first = recent.removeFirst().picture
                pixels -= first.width * first.height
            }
        }
    }

    /// A small JPEG of the picture.
    ///
    /// - Parameter side: no side of it is longer, in pixels.
    package func thumbnail(_ record: PictureRecord, side: Int = thumbnailSide) throws(StudioError) -> [UInt8]
    {
        let key = Self.key(record, side: side)
        if let known = cache.thumbnail(key) { return known }
        return try thumbnail(of: picture(record), record, side: side)
    }

    private static func key(_ record: PictureRecord, side: Int) -> String {
        side == thumbnailSide ? record.key : "\(record.key)@\(side)"
    }

    /// Makes the thumbnail of a picture that is decoded already, and keeps it.
    @discardableResult
    package func thumbnail(
        of picture: Picture, _ record: PictureRecord, side: Int = thumbnailSide
    ) throws(StudioError) -> [UInt8] {
        let bytes = try Self.jpeg(picture.fitted(to: side), quality: 80)
        cache.put(thumbnail: bytes, Self.key(record, side: side))
        return bytes
    }

    /// The picture as a browser shows it upright: its own file where that does, or else one made of its pixels.
    package func image(_ record: PictureRecord) throws(StudioError) -> (bytes: [UInt8], type: String) {
        let bytes = try folder.bytes(record.path)
        let format = bytes.withUnsafeBytes { ImageFormat(sniffing: $0) }
        if format == .jpeg || format == .png, Self.isUpright(bytes) {
            return (bytes, format == .jpeg ? "image/jpeg" : "image/png")
        }
        let picture = try decode(bytes, record.path)
        keep(picture, record.key)
        return (try Self.jpeg(picture, quality: 95), "image/jpeg")
    }

    /// Whether a file says nothing of a turn, about which browsers differ. The marks are looked for in the
    /// file's beginning, where cameras write them.
    private static func isUpright(_ bytes: [UInt8]) -> Bool {
        let start = bytes.prefix(256 << 10)
        return !start.contains(sequence: Array("Exif".utf8)) && !start.contains(sequence: Array("eXIf".utf8))
            && !start.contains(sequence: Array("xmpmeta".utf8))
    }

    /// A square around a box, scaled.
    ///
    /// - Parameters:
    ///   - box: in pixels of the picture; it may reach beyond.
    ///   - side: the side of the result, in pixels.
    package func crop(_ record: PictureRecord, _ box: Box, side: Int) throws(StudioError) -> [UInt8] {
        let picture = try picture(record)
        let length = max(32, 1.4 * max(box.width, box.height)).rounded()
        guard length.isFinite, length <= 200_000 else {
            throw .value(name: "box", expected: "a box of the picture", found: "another")
        }
        let square = Int(length)
        func start(_ center: Double) -> Int { Int((center - length / 2).rounded().clamped(to: -1e7...1e7)) }
        let (left, top) = (start(box.center.x), start(box.center.y))
        let columns = (left..<left + square).clamped(to: 0..<picture.width)
        let rows = (top..<top + square).clamped(to: 0..<picture.height)
        var cut = [UInt8](repeating: 124, count: 3 * side * side)
        if !columns.isEmpty, !rows.isEmpty {
            let scale = Double(side) / length
            func place(_ position: Int, _ from: Int) -> Int {
                Int((Double(position - from) * scale).rounded())
            }
            let x =
                place(
                    columns.lowerBound, left)..<max(
                    place(columns.lowerBound, left) + 1, place(columns.upperBound, left))
            let y =
                place(
                    rows.lowerBound, top)..<max(
                    place(rows.lowerBound, top) + 1, place(rows.upperBound, top))
            let part = picture.cropped(columns: columns, rows: rows).resized(
                to: Size(width: x.count, height: y.count))
            for row in 0..<y.count where y.lowerBound + row < side {
                let count = min(x.count, side - x.lowerBound)
                guard count > 0 else { break }
                let to = 3 * ((y.lowerBound + row) * side + x.lowerBound)
                cut.replaceSubrange(
                    to..<to + 3 * count,
                    with: part.pixels[3 * row * x.count..<3 * (row * x.count + count)])
            }
        }
        return try Self.jpeg(Picture(rgb: cut, width: side, height: side), quality: 85)
    }

    private static func jpeg(_ picture: Picture, quality: Int) throws(StudioError) -> [UInt8] {
        do { return [UInt8](try picture.jpegData(quality: quality)) } catch {
            throw .picture(code: error.code, error.description)
        }
    }
}

extension PictureRecord {
    /// Names the file's content as far as a look at the folder tells: the same until the file is changed.
    package var key: String {
        var hash = SHA256()
        hash.update("\(path)\u{0}\(bytes) \(modified)".utf8)
        return String(hash.hexadecimal().prefix(16))
    }
}

extension Picture {
    /// The picture scaled down so that no side is longer.
    func fitted(to side: Int) -> Picture {
        let longest = max(width, height)
        guard longest > side else { return self }
        func scaled(_ length: Int) -> Int { max(1, (length * side + longest / 2) / longest) }
        return resized(to: Size(width: scaled(width), height: scaled(height)))
    }
}

extension Comparable {
    func clamped(to range: ClosedRange<Self>) -> Self { min(max(self, range.lowerBound), range.upperBound) }
}

extension ArraySlice<UInt8> {
    fileprivate func contains(sequence: [UInt8]) -> Bool {
        guard let first = sequence.first else { return true }
        var start = startIndex
        while let place = self[start...].firstIndex(of: first) {
            if self[place...].starts(with: sequence) { return true }
            start = place + 1
        }
        return false
    }
}
