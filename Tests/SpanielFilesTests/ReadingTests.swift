import Foundation
import SpanielFiles
import SpanielTestSupport
import Testing

@Suite("Reading files")
struct ReadingTests {
    @Test("what is no file, is missing or is too large is named")
    func refusals() throws {
        let scratch = try ScratchFolder()
        try FileManager.default.createDirectory(at: scratch["folder"], withIntermediateDirectories: false)
        let file = try scratch.write("file", [1, 2, 3])
        func code(_ url: URL, limit: Int = 9) -> String? {
            do {
                _ = try ReadableFile.bytes(of: url, limit: limit)
                return nil
            } catch { return error.code }
        }
        #expect(code(scratch["none"]) == "file.missing")
        #expect(code(scratch["file/below"]) == "file.missing")
        #expect(code(scratch["folder"]) == "file.kind")
        #expect(code(URL(filePath: "/dev/null")) == "file.kind")
        #expect(code(file, limit: 2) == "file.too-large")
        #expect(code(file, limit: 3) == nil)
    }

    @Test("a pipe that nobody writes to is refused at once")
    func pipe() throws {
        let scratch = try ScratchFolder()
        try #require(mkfifo(scratch["pipe"].path, 0o600) == 0)
        #expect(
            throws: FileError.notAFile(path: scratch["pipe"].path, found: "a device or a pipe")
        ) { _ = try ReadableFile(scratch["pipe"]) }
    }

    @Test("beyond the end there are fewer bytes, and none")
    func beyondTheEnd() throws {
        let scratch = try ScratchFolder()
        let file = try ReadableFile(scratch.write("a", [1, 2, 3, 4]))
        #expect(file.count == 4)
        #expect(try file.read(at: 1, length: 2) == [2, 3])
        #expect(try file.read(at: 3, length: 9) == [4])
        #expect(try file.read(at: 4, length: 9) == [])
        #expect(try file.read(at: 0, length: 0) == [])
    }

    @Test("a mapped file stays readable when it is replaced and removed; an empty one has no bytes")
    func mapped() throws {
        let scratch = try ScratchFolder()
        let whole = try MappedFile(scratch.write("a", [1, 2, 3, 4]))
        try AtomicFile.write([9], to: scratch["a"])
        try FileManager.default.removeItem(at: scratch["a"])
        #expect(whole.count == 4)
        #expect(whole.withBytes(1..<3) { Array($0) } == [2, 3])
        let empty = try MappedFile(scratch.write("b", []))
        #expect(empty.count == 0 && empty.withBytes(0..<0) { $0.isEmpty })
    }

    @Test("what stands at a path is told apart, links followed")
    func kinds() throws {
        let scratch = try ScratchFolder()
        try scratch.write("folder/file", "")
        for (name, target) in [("link", "folder/file"), ("nowhere", "none")] {
            try FileManager.default.createSymbolicLink(
                atPath: scratch[name].path, withDestinationPath: target)
        }
        let kinds = ["folder/file", "link", "folder", "none", "nowhere"].map { FileKind(of: scratch[$0]) }
        #expect(kinds == [.file, .file, .folder, .missing, .missing])
        #expect(FileKind(of: URL(filePath: "/dev/null")) == .other)
    }

    @Test("each refusal says what to do, as the platform's own text too")
    func texts() {
        let errors: [(FileError, String)] = [
            (.missing(path: "x"), "x: there is no such file"),
            (.leadsElsewhere(path: "x"), "name its target as the output"),
            (.tooLarge(path: "x", bytes: 7, limit: 5), "has 7 bytes, expected at most 5"),
            (.unreadable(path: "x", errno: EACCES), "see its mode with ls -l"),
            (.unreadable(path: "x", errno: EIO), "cannot be read (Input/output error)"),
            (.unwritable(path: "x", errno: ENOSPC), "free some space or write elsewhere"),
            (.unwritable(path: "x", errno: EROFS), "choose another place"),
            (.unwritable(path: "x", errno: ENOENT), "its folder does not exist"),
        ]
        for (error, words) in errors {
            #expect(error.description.contains(words), "\(error)")
            #expect((error as any Error).localizedDescription == error.description)
        }
    }
}
