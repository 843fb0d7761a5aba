import Foundation
import SpanielFiles
import SpanielTestSupport
import Testing

@Suite("A folder written whole or not at all")
struct AtomicFolderTests {
    /// Why a folder cannot be put in its place.
    private static func refusal(_ folder: consuming AtomicFolder) -> FileError? {
        do { try folder.commit() } catch { return error }
        return nil
    }

    private func text(_ url: URL) throws -> String {
        String(decoding: try ReadableFile.bytes(of: url, limit: 1000), as: UTF8.self)
    }

    @Test("a new folder appears with all its files when it is committed, and not before")
    func new() throws {
        let scratch = try ScratchFolder()
        var folder = try AtomicFolder(at: URL(filePath: scratch["out"].path + "//"))
        try folder.write("one".utf8, to: "a.txt")
        try folder.write("two".utf8, to: "in/deep/b.txt")
        try folder.write("three".utf8, to: "in/c.txt")
        #expect(!FileManager.default.fileExists(atPath: scratch["out"].path))
        try folder.commit()
        #expect(
            scratch.paths == [
                "out", "out/a.txt", "out/in", "out/in/c.txt", "out/in/deep", "out/in/deep/b.txt",
            ])
        #expect(try text(scratch["out/in/deep/b.txt"]) == "two")
    }

    @Test("without a commit nothing is left, and what was there stays", arguments: [true, false])
    func uncommitted(isThere: Bool) throws {
        let scratch = try ScratchFolder()
        if isThere { try scratch.write("out/a.txt", "mine") }
        let before = scratch.paths
        do {
            var folder = try AtomicFolder(at: scratch["out"])
            try folder.write("theirs".utf8, to: "a.txt")
            try folder.write("theirs".utf8, to: "in/b.txt")
            #expect(scratch.paths.count > before.count)
        }
        #expect(scratch.paths == before)
        if isThere { #expect(try text(scratch["out/a.txt"]) == "mine") }
    }

    @Test("in a folder that stands there each file takes its place, and others are left alone")
    func existing() throws {
        let scratch = try ScratchFolder()
        try scratch.write("out/a.txt", "old")
        try scratch.write("out/in/mine.txt", "mine")
        var folder = try AtomicFolder(at: scratch["out"])
        try folder.write("new".utf8, to: "a.txt")
        try folder.write("new".utf8, to: "in/b.txt")
        try folder.write("new".utf8, to: "more/c.txt")
        #expect(try text(scratch["out/a.txt"]) == "old")
        try folder.commit()
        #expect(
            scratch.paths == [
                "out", "out/a.txt", "out/in", "out/in/b.txt", "out/in/mine.txt", "out/more", "out/more/c.txt",
            ])
        #expect(try text(scratch["out/a.txt"]) == "new")
        #expect(try text(scratch["out/in/mine.txt"]) == "mine")
    }

    @Test("a name written twice holds the last", arguments: [true, false])
    func twice(isThere: Bool) throws {
        let scratch = try ScratchFolder()
        if isThere { try scratch.write("out/a", "old") }
        var folder = try AtomicFolder(at: scratch["out"])
        try folder.write("first".utf8, to: "a")
        try folder.write("last".utf8, to: "a")
        try folder.commit()
        #expect(try text(scratch["out/a"]) == "last")
        #expect(scratch.paths == ["out", "out/a"])
    }

    @Test("a link is made where nothing has its name, and leads where it should", arguments: [true, false])
    func link(isThere: Bool) throws {
        let scratch = try ScratchFolder()
        try scratch.write("picture", "pixels")
        if isThere { try scratch.write("out/mine", "mine") }
        var folder = try AtomicFolder(at: scratch["out"])
        try folder.write("written".utf8, to: "written")
        for name in ["in/link", "mine", "written"] { try folder.link(name, to: scratch["picture"].path) }
        try folder.commit()
        #expect(try text(scratch["out/in/link"]) == "pixels")
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: scratch["out/in/link"].path)
                == scratch["picture"].path)
        #expect(try text(scratch["out/mine"]) == (isThere ? "mine" : "pixels"))
        #expect(try text(scratch["out/written"]) == "written")
    }

    @Test("a link replaces one that leads elsewhere")
    func linkOverLink() throws {
        let scratch = try ScratchFolder()
        for name in ["first", "second"] {
            try scratch.write(name, name)
            var folder = try AtomicFolder(at: scratch["out"])
            try folder.link("picture", to: scratch[name].path)
            try folder.commit()
            #expect(try text(scratch["out/picture"]) == name)
        }
        #expect(try text(scratch["first"]) == "first")
    }

    @Test("a file with the name of a link replaces the link, not what it leads to", arguments: [true, false])
    func fileOverLink(isThere: Bool) throws {
        let scratch = try ScratchFolder()
        try scratch.write("picture", "pixels")
        if isThere {
            try scratch.write("out/mine", "mine")
            try FileManager.default.createSymbolicLink(
                atPath: scratch["out/old"].path, withDestinationPath: scratch["picture"].path)
        }
        var folder = try AtomicFolder(at: scratch["out"])
        try folder.link("a", to: scratch["picture"].path)
        try folder.write("text".utf8, to: "a")
        try folder.write("text".utf8, to: "old")
        try folder.commit()
        for name in ["a", "old"] {
            #expect(try text(scratch["out/\(name)"]) == "text")
            #expect(throws: (any Error).self) {
                try FileManager.default.destinationOfSymbolicLink(atPath: scratch["out/\(name)"].path)
            }
        }
        #expect(try text(scratch["picture"]) == "pixels")
    }

    @Test("what stands in the way of one file keeps all from moving, and is named")
    func inTheWay() throws {
        let scratch = try ScratchFolder()
        try scratch.write("elsewhere/mine", "mine")
        try scratch.write("out/a.txt", "old")
        try scratch.write("out/file", "mine")
        try scratch.write("out/folder/mine", "mine")
        try FileManager.default.createSymbolicLink(
            atPath: scratch["out/leads"].path, withDestinationPath: scratch["elsewhere"].path)
        let before = scratch.paths
        for (name, expected) in [
            ("folder", FileError.notAFile(path: scratch["out/folder"].path, found: "a folder")),
            ("file/b", .notAFolder(path: scratch["out/file"].path)),
            ("leads/b", .leadsElsewhere(path: scratch["out/leads"].path)),
        ] {
            var folder = try AtomicFolder(at: scratch["out"])
            try folder.write("new".utf8, to: "a.txt")
            try folder.write("new".utf8, to: name)
            #expect(Self.refusal(folder) == expected)
            #expect(scratch.paths == before)
            #expect(try text(scratch["out/a.txt"]) == "old")
        }
    }

    @Test(
        "a file at the folder's place, a missing folder above it, and a file that is a folder too are named")
    func refusals() throws {
        let scratch = try ScratchFolder()
        try scratch.write("file", "text")
        #expect(throws: FileError.notAFolder(path: scratch["file"].path)) {
            _ = try AtomicFolder(at: scratch["file"])
        }
        #expect(throws: FileError.unwritable(path: scratch["no/such"].path, errno: ENOENT)) {
            _ = try AtomicFolder(at: scratch["no/such"])
        }
        var folder = try AtomicFolder(at: scratch["out"])
        try folder.write("text".utf8, to: "a")
        try folder.link("link", to: scratch.url.path)
        for name in ["a", "link"] {
            #expect(throws: FileError.notAFolder(path: scratch["out/\(name)"].path)) {
                try folder.write("text".utf8, to: "\(name)/b")
            }
        }
        #expect(throws: FileError.notAFile(path: scratch["out/in"].path, found: "a folder")) {
            try folder.write("text".utf8, to: "in/b")
            try folder.write("text".utf8, to: "in")
        }
        #expect(try scratch.names().filter { !$0.hasPrefix(".") } == ["file"])
    }

    @Test("a folder that came to stand at a new one's place is left alone, and nothing else is left")
    func overtaken() throws {
        let scratch = try ScratchFolder()
        var folder = try AtomicFolder(at: scratch["out"])
        try folder.write("new".utf8, to: "a")
        try scratch.write("out/mine", "mine")
        #expect(Self.refusal(folder)?.code == "file.unwritable")
        #expect(scratch.paths == ["out", "out/mine"])
    }

    // In processes of their own: they end, or change what is the process's.

    @Test("a name that leads out of the folder, or is none, is our own mistake and traps")
    func names() async throws {
        await #expect(processExitsWith: .failure) { Self.write(to: "../a") }
        await #expect(processExitsWith: .failure) { Self.write(to: "/a") }
        await #expect(processExitsWith: .failure) { Self.write(to: "a/./b") }
        await #expect(processExitsWith: .failure) { Self.write(to: "") }
        await #expect(processExitsWith: .success) { Self.write(to: "..a/b..") }
    }

    /// Ends well where an error is thrown too: what is tested is that it does not come to that.
    private static func write(to name: String) {
        do {
            let scratch = try ScratchFolder()
            var folder = try AtomicFolder(at: scratch["out"])
            try folder.write([], to: name)
            try folder.commit()
            try #require(scratch.paths.contains("out/" + name))
        } catch is FileError {} catch { fatalError("\(error)") }
    }

    @Test("a folder that may not be written to is named, and so is what to do")
    func unwritableFolder() async {
        await #expect(processExitsWith: .success) {
            let scratch = try ScratchFolder()
            try scratch.write("out/mine", "mine")
            try #require(chmod(scratch["out"].path, 0o555) == 0 && chmod(scratch.url.path, 0o555) == 0)
            if geteuid() == 0 { try #require(seteuid(65534) == 0) }  // root may write anywhere
            for place in ["out", "new"] {
                let error = #expect(throws: FileError.self) { _ = try AtomicFolder(at: scratch[place]) }
                try #require(error?.description.contains("no permission to write there") == true)
            }
            if getuid() == 0 { try #require(seteuid(0) == 0) }
            try #require(chmod(scratch["out"].path, 0o755) == 0 && chmod(scratch.url.path, 0o755) == 0)
            try #require(scratch.paths == ["out", "out/mine"])
        }
    }

    @Test("an interrupt's clean-up removes a folder that is being written, files and all")
    func discarding() async {
        await #expect(processExitsWith: .success) {
            let scratch = try ScratchFolder()
            try scratch.write("out/mine", "mine")
            var new = try AtomicFolder(at: scratch["new"])
            var existing = try AtomicFolder(at: scratch["out"])
            try new.write("text".utf8, to: "in/a")
            try existing.write("text".utf8, to: "in/a")
            AtomicFile.discardUnfinished()
            try #require(scratch.paths == ["out", "out/mine"])
            try #require(Self.refusal(new)?.code == "file.unwritable")
        }
    }
}
