import Foundation
import SpanielAnnotations
import SpanielFiles
import SpanielImaging
import SpanielTestSupport
import Testing

/// Places that are missing, in the way, or lead elsewhere.
extension BadFileTests {
    @Test("a missing place says so", arguments: AnnotationFormat.allCases)
    func missing(format: AnnotationFormat) {
        var options = AnnotationOptions()
        options.truth = LabelledSet()
        do {
            _ = try LabelledSet.read(format, at: URL(filePath: "/no/such/place"), options: options)
            Issue.record("no error")
        } catch { #expect("\(error)".contains("/no/such/place: there is no such file"), "\(error)") }
    }

    @Test("a folder is written whole or not at all, and others' files in it stay")
    func whole() throws {
        let folder = try ScratchFolder()
        let set = FormatTrapTests.one(LabelledObject(classIndex: 0, box: Box(x1: 0, y1: 0, x2: 1, y2: 1)))
        for format in AnnotationFormat.allCases where format != .cocoResults {
            #expect(throws: AnnotationError.self) { try set.write(format, to: folder["no/such/place"]) }
        }
        #expect(try folder.names() == [])
        try folder.write("file", "text")
        #expect(throws: AnnotationError.file(.notAFolder(path: folder["file"].path))) {
            try set.write(.yolo, to: folder["file"])
        }
        try folder.write("yolo/images/mine.jpg", "mine")
        _ = try set.write(.yolo, to: folder["yolo"])
        #expect(try folder.names() == ["file", "yolo"])
        #expect(try String(contentsOf: folder["yolo/images/mine.jpg"], encoding: .utf8) == "mine")
        // What cannot be completed leaves the folder as it was: here a folder stands where its last file
        // belongs.
        try folder.write("half/data.yaml/in the way", "")
        try folder.write("half/labels/a.txt", "mine")
        #expect(
            throws: AnnotationError.file(.notAFile(path: folder["half/data.yaml"].path, found: "a folder"))
        ) {
            try set.write(.yolo, to: folder["half"])
        }
        #expect(try String(contentsOf: folder["half/labels/a.txt"], encoding: .utf8) == "mine")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder["half"].path).sorted() == [
                "data.yaml", "labels",
            ])
        try FileManager.default.removeItem(at: folder["half"])
        // A folder that cannot be completed leaves nothing behind.
        #expect(throws: FileError.self) {
            var unfinished = try AtomicFolder(at: folder["new"])
            try unfinished.write(Array("x".utf8), to: "a/b")
            try unfinished.write(Array("x".utf8), to: "a")
            try unfinished.commit()
        }
        #expect(try folder.names() == ["file", "yolo"])
    }

    @Test("links that lead round in circles are no pictures more, and no hours")
    func circles() throws {
        let folder = try ScratchFolder()
        let set = FormatTrapTests.one(LabelledObject(classIndex: 0, box: Box(x1: 0, y1: 0, x2: 1, y2: 1)))
        try folder.write("me/keep", "")
        _ = try set.write(.labelme, to: folder["me/sub"])
        for name in ["me/x", "me/y", "me/z", "me/sub/x", "me/sub/y"] {
            try FileManager.default.createSymbolicLink(
                atPath: folder[name].path, withDestinationPath: folder["me"].path)
        }
        #expect(try LabelledSet.read(.labelme, at: folder["me"]).set.pictures.map(\.file) == ["sub/a.jpg"])
    }

    @Test("nothing is written through links inside the folder; a link to the folder itself is followed")
    func links() throws {
        let set = FormatTrapTests.one(LabelledObject(classIndex: 0, box: Box(x1: 0, y1: 0, x2: 1, y2: 1)))
        let folder = try ScratchFolder()
        try folder.write("elsewhere/secret", "mine")
        try folder.write("voc/keep", "")
        let manager = FileManager.default
        try manager.createSymbolicLink(
            atPath: folder["voc/Annotations"].path, withDestinationPath: folder["elsewhere"].path)
        #expect(throws: AnnotationError.file(.leadsElsewhere(path: folder["voc/Annotations"].path))) {
            try set.write(.voc, to: folder["voc"])
        }
        #expect(try manager.contentsOfDirectory(atPath: folder["elsewhere"].path) == ["secret"])
        // A file's link gives way to the file.
        try folder.write("me/keep", "")
        try manager.createSymbolicLink(
            atPath: folder["me/a.json"].path, withDestinationPath: folder["elsewhere/secret"].path)
        _ = try set.write(.labelme, to: folder["me"])
        #expect(try String(contentsOf: folder["elsewhere/secret"], encoding: .utf8) == "mine")
        #expect(try String(contentsOf: folder["me/a.json"], encoding: .utf8).contains("imagePath"))
        try manager.createDirectory(at: folder["real"], withIntermediateDirectories: true)
        try manager.createSymbolicLink(atPath: folder["link"].path, withDestinationPath: folder["real"].path)
        _ = try set.write(.yolo, to: folder["link"])
        #expect(
            try manager.contentsOfDirectory(atPath: folder["real"].path).sorted() == ["data.yaml", "labels"])
    }
}
