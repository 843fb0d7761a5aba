import Foundation
import SpanielTestSupport
import SpanielTool
import Testing

@Suite("Lines of standard input")
struct LineReaderTests {
    /// The lines of some bytes, as text; nil for one that is too long.
    private func lines(_ bytes: [UInt8], limit: Int) throws -> [String?] {
        let scratch = try ScratchFolder()
        let file = try FileHandle(forReadingFrom: URL(filePath: scratch.file("lines", bytes)))
        var reader = LineReader(descriptor: file.fileDescriptor, limit: limit)
        var lines: [String?] = []
        while let line = try reader.next() {
            if case .bytes(let bytes) = line {
                lines.append(String(decoding: bytes, as: UTF8.self))
            } else {
                lines.append(nil)
            }
        }
        return lines
    }

    @Test(
        "each line comes once, in order, the last with or without its line feed, and an empty one is a line too"
    )
    func order() throws {
        #expect(try lines(Array("a\nbc\n\nd".utf8), limit: 10) == ["a", "bc", "", "d"])
        #expect(try lines(Array("a\nbc\n".utf8), limit: 10) == ["a", "bc"])
        #expect(try lines([], limit: 10) == [])
        #expect(try lines(Array("\n".utf8), limit: 10) == [""])
        #expect(try lines(Array("a\r\n".utf8), limit: 10) == ["a\r"])
    }

    @Test(
        "a line as long as the limit is read, a longer one is passed over to its end, and the next is read again"
    )
    func limit() throws {
        #expect(try lines(Array("abcd\nabcde\nab\nabcdefgh".utf8), limit: 4) == ["abcd", nil, "ab", nil])
        let long = [UInt8](repeating: 120, count: 300_000)
        #expect(try lines(long + Array("\nab\n".utf8), limit: 200_000) == [nil, "ab"])
        #expect(
            try lines(long + Array("\nab\n".utf8), limit: 300_000).map { $0?.utf8.count } == [300_000, 2])
    }

    @Test("a line is handed over when its end is there, not when more has come")
    func atOnce() throws {
        let pipe = Pipe()
        var reader = LineReader(descriptor: pipe.fileHandleForReading.fileDescriptor, limit: 100)
        try pipe.fileHandleForWriting.write(contentsOf: Data("one\ntw".utf8))
        #expect(try reader.next() == .bytes(Array("one".utf8)))
        try pipe.fileHandleForWriting.write(contentsOf: Data("o\n".utf8))
        #expect(try reader.next() == .bytes(Array("two".utf8)))
        try pipe.fileHandleForWriting.close()
        #expect(try reader.next() == nil)
    }

    @Test("a folder cannot be read")
    func folder() throws {
        let folder = try FileHandle(forReadingFrom: URL(filePath: "/"))
        var reader = LineReader(descriptor: folder.fileDescriptor, limit: 100)
        #expect(throws: Failure.self) { try reader.next() }
    }
}
