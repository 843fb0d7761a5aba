import Dispatch
import Foundation
import SpanielFiles
import SpanielTestSupport
import Synchronization
import Testing

@Suite("A file written whole or not at all")
struct AtomicFileTests {
    /// Why a file cannot be put in its place.
    private static func refusal(_ file: consuming AtomicFile) -> FileError? {
        do { try file.commit() } catch { return error }
        return nil
    }

    @Test("what is written is read again, over what was there")
    func roundTrip() throws {
        let scratch = try ScratchFolder()
        let file = scratch["a.bin"]
        for bytes in [[1, 2, 3], [], [UInt8](repeating: 7, count: 1_000_000)] as [[UInt8]] {
            try AtomicFile.write(bytes, to: file)
            #expect(try ReadableFile.bytes(of: file, limit: 1_000_000) == bytes)
            #expect(try MappedFile(file).withBytes(0..<bytes.count) { Array($0) } == bytes)
        }
        #expect(try scratch.names() == ["a.bin"])
    }

    @Test("the parts stand in the file in the order they came, and the old file stays until the last")
    func parts() throws {
        let scratch = try ScratchFolder()
        try AtomicFile.write([9], to: scratch["a"])
        let file = try AtomicFile(replacing: scratch["a"])
        for part in 0..<100 as Range<UInt8> {
            try file.append([UInt8](repeating: part, count: Int(part)).span.bytes)
        }
        #expect(try ReadableFile.bytes(of: scratch["a"], limit: 10_000) == [9])
        try file.commit()
        #expect(
            try ReadableFile.bytes(of: scratch["a"], limit: 10_000)
                == (0..<100 as Range<UInt8>).flatMap { [UInt8](repeating: $0, count: Int($0)) })
        #expect(try scratch.names() == ["a"])
    }

    @Test("a file that is not committed leaves the old one and nothing else")
    func uncommitted() throws {
        let scratch = try ScratchFolder()
        try AtomicFile.write([1], to: scratch["a"])
        do {
            let file = try AtomicFile(replacing: scratch["a"])
            try file.append(([2, 3] as [UInt8]).span.bytes)
            #expect(try scratch.names().count == 2)
        }
        #expect(try scratch.names() == ["a"])
        #expect(try ReadableFile.bytes(of: scratch["a"], limit: 10) == [1])
    }

    @Test("of two that are written at once the one committed last stays, whole")
    func twice() throws {
        let scratch = try ScratchFolder()
        let first = try AtomicFile(replacing: scratch["a"])
        let second = try AtomicFile(replacing: scratch["a"])
        try first.append(([1, 1] as [UInt8]).span.bytes)
        try second.append(([2] as [UInt8]).span.bytes)
        try second.commit()
        #expect(try ReadableFile.bytes(of: scratch["a"], limit: 10) == [2])
        try first.append(([1] as [UInt8]).span.bytes)
        try first.commit()
        #expect(try ReadableFile.bytes(of: scratch["a"], limit: 10) == [1, 1, 1])
        #expect(try scratch.names() == ["a"])
    }

    @Test("a new file has the mode that any new file has; one that is replaced keeps its own")
    func mode() throws {
        let scratch = try ScratchFolder()
        func mode(_ name: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: scratch[name].path)[.posixPermissions] as? Int
        }
        let plain = open(scratch["plain"].path, O_WRONLY | O_CREAT, 0o666)
        close(plain)
        try AtomicFile.write([1], to: scratch["a"])
        #expect(try mode("a") == mode("plain"))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o640], ofItemAtPath: scratch["a"].path)
        try AtomicFile.write([2], to: scratch["a"])
        #expect(try mode("a") == 0o640)
    }

    @Test(
        "a link is followed, through other links and where nothing stands at its end yet",
        arguments: [true, false])
    func link(isThere: Bool) throws {
        let scratch = try ScratchFolder()
        try FileManager.default.createDirectory(at: scratch["far"], withIntermediateDirectories: false)
        if isThere { try AtomicFile.write([1], to: scratch["far/a"]) }
        for (name, target) in [("link", "other"), ("other", "far/a")] {
            try FileManager.default.createSymbolicLink(
                atPath: scratch[name].path, withDestinationPath: target)
        }
        try AtomicFile.write([2], to: scratch["link"])
        #expect(try ReadableFile.bytes(of: scratch["far/a"], limit: 10) == [2])
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: scratch["link"].path) == "other")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: scratch["other"].path) == "far/a")
        #expect(try scratch.names() == ["far", "link", "other"])
    }

    @Test("a link that leads to itself is refused, and stays")
    func linkInCircle() throws {
        let scratch = try ScratchFolder()
        try FileManager.default.createSymbolicLink(atPath: scratch["a"].path, withDestinationPath: "a")
        let error = #expect(throws: FileError.self) { try AtomicFile.write([1], to: scratch["a"]) }
        #expect(error?.code == "file.unwritable")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: scratch["a"].path) == "a")
        #expect(try scratch.names() == ["a"])
    }

    @Test("a device is written to directly, and a full one is named")
    func devices() throws {
        try AtomicFile.write([1], to: URL(filePath: "/dev/null"))
        let error = #expect(throws: FileError.self) {
            try AtomicFile.write([1], to: URL(filePath: "/dev/full"))
        }
        #expect(error == .unwritable(path: "/dev/full", errno: ENOSPC))
        #expect(error?.description.contains("disk is full") == true)
    }

    @Test("a pipe is written to directly and stays a pipe")
    func pipe() throws {
        let scratch = try ScratchFolder()
        let url = scratch["pipe"]
        try #require(mkfifo(url.path, 0o600) == 0)
        let bytes = [UInt8](repeating: 5, count: 300_000)  // more than a pipe holds
        let read = Mutex<Data?>(nil)
        let end = DispatchGroup()
        DispatchQueue.global().async(group: end) {
            let whole = try? FileHandle(forReadingFrom: url).readToEnd()
            read.withLock { $0 = whole }
        }
        try AtomicFile.write(bytes, to: url)
        end.wait()
        #expect(read.withLock { $0 } == Data(bytes))
        #expect(FileKind(of: url) == .other)
        #expect(try scratch.names() == ["pipe"])
    }

    @Test("a folder in the way, a missing folder and a file where a folder is meant are named")
    func refusals() throws {
        let scratch = try ScratchFolder()
        try FileManager.default.createDirectory(at: scratch["folder"], withIntermediateDirectories: false)
        try AtomicFile.write([1], to: scratch["file"])
        for (place, code) in [
            ("folder", "file.kind"), ("no/such/place", "file.unwritable"), ("file/below", "file.unwritable"),
        ] {
            let error = #expect(throws: FileError.self) { try AtomicFile.write([1], to: scratch[place]) }
            #expect(error?.code == code && error?.description.contains(place) == true)
        }
        #expect(try scratch.names() == ["file", "folder"])
    }

    @Test("what comes to stand in the way while a file is written is not removed, and nothing is left")
    func inTheWay() throws {
        let scratch = try ScratchFolder()
        let file = try AtomicFile(replacing: scratch["a"])
        try file.append(([1] as [UInt8]).span.bytes)
        try scratch.write("a/mine", "text")
        #expect(Self.refusal(file)?.code == "file.unwritable")
        #expect(try scratch.names() == ["a"])
        #expect(try ReadableFile.bytes(of: scratch["a/mine"], limit: 10) == Array("text".utf8))
    }

    @Test("a name may hold spaces, per cent signs and letters beyond ASCII")
    func names() throws {
        let scratch = try ScratchFolder()
        try AtomicFile.write([1], to: scratch["a b%20é #?.bin"])
        #expect(try scratch.names() == ["a b%20é #?.bin"])
    }

    // In processes of their own: what they change is the process's.

    @Test("a name without a folder lies in the current folder")
    func bareName() async {
        await #expect(processExitsWith: .success) {
            let scratch = try ScratchFolder()
            try #require(chdir(scratch.url.path) == 0)
            try AtomicFile.write([1], to: URL(filePath: "a", relativeTo: nil))
            try #require(scratch.names() == ["a"])
        }
    }

    @Test("a folder that may not be written to is named, and so is what to do")
    func unwritableFolder() async {
        await #expect(processExitsWith: .success) {
            let scratch = try ScratchFolder()
            try #require(chmod(scratch.url.path, 0o555) == 0)
            if geteuid() == 0 { try #require(seteuid(65534) == 0) }  // root may write anywhere
            let error = #expect(throws: FileError.self) { try AtomicFile.write([1], to: scratch["a"]) }
            try #require(error?.description.contains("no permission to write there") == true)
            try #require(scratch.names() == [])
            if getuid() == 0 { try #require(seteuid(0) == 0) }
            try #require(chmod(scratch.url.path, 0o755) == 0)
        }
    }

    @Test("an interrupt's clean-up removes what is being written, and a commit after it is refused")
    func discarding() async {
        await #expect(processExitsWith: .success) {
            let scratch = try ScratchFolder()
            try AtomicFile.write([9], to: scratch["done"])
            let file = try AtomicFile(replacing: scratch["a"])
            try file.append(([1] as [UInt8]).span.bytes)
            AtomicFile.discardUnfinished()
            try #require(scratch.names() == ["done"])
            try #require(Self.refusal(file)?.code == "file.unwritable")
            AtomicFile.discardUnfinished()
            try #require(scratch.names() == ["done"])
        }
    }
}
