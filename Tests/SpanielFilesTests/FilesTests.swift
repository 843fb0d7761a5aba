import Foundation
import SpanielFiles
import SpanielTestSupport
import Testing

@Suite("Files")
struct FilesTests {
    @Test("what is written is read again, over what was there")
    func roundTrip() throws {
        let scratch = try ScratchFolder()
        let file = scratch.url.appending(path: "a.bin")
        for bytes in [[1, 2, 3], [], [UInt8](repeating: 7, count: 1_000_000)] as [[UInt8]] {
            try AtomicFile.write(bytes, to: file)
            #expect(try ReadableFile.bytes(of: file, limit: 1_000_000) == bytes)
            #expect(try MappedFile(file).withBytes(0..<bytes.count) { Array($0) } == bytes)
        }
        #expect(try scratch.names() == ["a.bin"])
    }

    @Test("a file that is not committed leaves the old one and nothing else")
    func uncommitted() throws {
        let scratch = try ScratchFolder()
        let url = scratch.url.appending(path: "a")
        try AtomicFile.write([1], to: url)
        do {
            let file = try AtomicFile(replacing: url)
            try file.append([2, 3].span.bytes)
            #expect(try scratch.names().count == 2)
        }
        #expect(try scratch.names() == ["a"])
        #expect(try ReadableFile.bytes(of: url, limit: 10) == [1])
    }

    @Test("the mode of a file that is replaced stays, and a link is followed")
    func modeAndLink() throws {
        let scratch = try ScratchFolder()
        let url = scratch.url.appending(path: "a")
        try AtomicFile.write([1], to: url)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: url.path)
        let link = scratch.url.appending(path: "link")
        try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: "a")
        try AtomicFile.write([2], to: link)
        #expect(try ReadableFile.bytes(of: url, limit: 10) == [2])
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == "a")
        #expect(
            try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int == 0o640)
    }

    @Test("what is no file, is missing or is too large is named")
    func refusals() throws {
        let scratch = try ScratchFolder()
        let folder = scratch.url.appending(path: "folder")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        let file = scratch.url.appending(path: "file")
        try AtomicFile.write([1, 2, 3], to: file)
        func code(_ body: () throws -> Void) -> String? {
            do {
                try body()
                return nil
            } catch { return (error as? FileError)?.code }
        }
        #expect(
            code { _ = try ReadableFile.bytes(of: scratch.url.appending(path: "none"), limit: 9) }
                == "file.missing")
        #expect(
            code { _ = try ReadableFile.bytes(of: file.appending(path: "below"), limit: 9) } == "file.missing"
        )
        #expect(code { _ = try ReadableFile.bytes(of: folder, limit: 9) } == "file.kind")
        #expect(code { _ = try ReadableFile.bytes(of: URL(filePath: "/dev/null"), limit: 9) } == "file.kind")
        #expect(code { _ = try ReadableFile.bytes(of: file, limit: 2) } == "file.too-large")
        #expect(code { _ = try ReadableFile.bytes(of: file, limit: 3) } == nil)
        #expect(code { try AtomicFile.write([1], to: folder) } == "file.kind")
        #expect(
            code { try AtomicFile.write([1], to: scratch.url.appending(path: "no/such/place")) }
                == "file.unwritable")
        #expect(code { try AtomicFile.write([1], to: URL(filePath: "/dev/full")) } == "file.unwritable")
        #expect(code { try AtomicFile.write([1], to: URL(filePath: "/dev/null")) } == nil)
        #expect(FileError.unwritable(path: "x", errno: ENOSPC).description.contains("disk is full"))
    }

    @Test("an interrupt's clean-up removes what is being written")
    func discarding() async {
        // In a process of its own: the clean-up takes every unfinished file, other tests' too.
        await #expect(processExitsWith: .success) {
            let scratch = try ScratchFolder()
            let file = try AtomicFile(replacing: scratch.url.appending(path: "a"))
            try file.append([1].span.bytes)
            AtomicFile.discardUnfinished()
            let names = try scratch.names()
            #expect(names == [])
        }
    }
}
