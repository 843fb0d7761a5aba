import Foundation
import SpanielImaging
import SpanielJSON
import SpanielTestSupport
import Testing

@Suite("Pictures that cannot be used")
struct BadPictureTests {
    /// Each file's name, its bytes, and the code its record must have.
    private static func files() throws -> [(name: String, bytes: [UInt8], code: String)] {
        let (png, jpeg) = ([UInt8](Files.png), try [UInt8](Files.jpeg()))
        return [
            ("empty.png", [], "image.empty"),
            ("cut.png", Array(png.dropLast(png.count / 2)), "image.truncated"),
            ("cut.jpg", Array(jpeg.dropLast(jpeg.count / 2)), "image.truncated"),
            ("text.jpg", Array("hello, this is no picture".utf8), "image.format"),
            ("old.gif", Files.gif, "image.format"),
            ("old.bmp", Files.bmp, "image.format"),
            ("zero-width.png", Files.png(claimingWidth: 0, height: 10), "image.no-pixels"),
            ("zero-height.png", Files.png(claimingWidth: 10, height: 0), "image.no-pixels"),
            ("huge.png", Files.png(claimingWidth: 20_000, height: 20_000), "image.too-large"),
        ]
    }

    @Test("each gets a record with its code, names its file, and the good ones around it are done; exit 65")
    func records() throws {
        let scratch = try ScratchFolder()
        try scratch.write("in/a-good.png", Files.png)
        for file in try Self.files() { try scratch.write("in/\(file.name)", file.bytes) }
        try scratch.folder("folder.png")
        try scratch.write("in/z-good.jpg", Files.jpeg())
        try FileManager.default.createSymbolicLink(
            atPath: scratch("in/loop.png"), withDestinationPath: scratch("in/loop.png"))

        let run = try Tool.run(
            "mask", scratch("in"), scratch("gone.png"), "--point", "20,16", "--json", "--out", scratch("out"),
            "--export",
            "coco:\(scratch("all.json"))")
        #expect(run.status == 65)
        let records = try Dictionary(
            uniqueKeysWithValues: run.records.map { (try #require($0["image"]?.string), $0) })
        for file in try Self.files() + [
            ("loop.png", [], "image.unreadable"), ("../gone.png", [], "image.missing"),
        ] {
            let path =
                file.name.hasPrefix("../")
                ? scratch(String(file.name.dropFirst(3))) : scratch("in/\(file.name)")
            let record = try #require(records[path], "no record for \(file.name)")
            #expect(
                record["error"]?["code"]?.string == file.code,
                "\(file.name): \(record["error"]?["message"]?.string ?? "")")
            #expect(record["error"]?["message"]?.string?.contains(path) == true)
            #expect(record["objects"] == nil)
        }
        for good in ["a-good.png", "z-good.jpg"] {
            let record = try #require(records[scratch("in/\(good)")])
            #expect(record["error"] == nil)
            #expect(record["width"]?.int == 64)
        }
        #expect(records.count == 13)
        let images = try JSON(parsing: [UInt8](Data(contentsOf: URL(filePath: scratch("all.json")))))[
            "images"]?.array
        #expect(images?.count == 2)
        #expect(scratch.paths.allSatisfy { !$0.contains(".tmp") })
        #expect(
            scratch.paths.filter { $0.hasSuffix(".overlay.png") } == [
                "out/a-good.overlay.png", "out/z-good.overlay.png",
            ])
    }

    @Test(
        "the message for a picture of a format that is not read names a converter",
        arguments: [("g.gif", Files.gif), ("b.bmp", Files.bmp)])
    func converter(_ name: String, _ bytes: [UInt8]) throws {
        let scratch = try ScratchFolder()
        let run = try Tool.run("mask", scratch.file(name, bytes), "--point", "1,1")
        #expect(run.status == 65)
        #expect(run.output.isEmpty)
        #expect(run.messages.contains("convert"))
    }

    @Test("when every picture is missing the exit code is 66, when all are there but unusable 65")
    func allMissing() throws {
        let scratch = try ScratchFolder()
        #expect(try Tool.run("mask", "/no/a.png", "/no/b.png", "--point", "1,1", "--json").status == 66)
        let empty = try scratch.file("empty.png")
        #expect(try Tool.run("mask", empty, "--point", "1,1", "--json").status == 65)
        #expect(try Tool.run("mask", empty, "/no/a.png", "--point", "1,1", "--json").status == 65)
    }

    @Test("a point outside of a picture is that picture's error")
    func pointOutside() throws {
        let scratch = try ScratchFolder()
        let small = try scratch.file("small.png", Files.png)
        let large = try scratch.file("large.png", Files.picture(width: 300, height: 200).pngData())
        let run = try Tool.run("mask", small, large, "--point", "120,70", "--json")
        #expect(run.status == 65)
        #expect(try run.records.map { $0["error"]?["code"]?.string } == ["prompt.point", nil])
    }
}
