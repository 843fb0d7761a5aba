import SpanielPlatform
import SpanielTestSupport
import SpanielTool
import Testing

@Suite("Which pictures a command line names")
struct PictureListTests {
    private func expand(_ arguments: [String], recursive: Bool = false, input: String = "") throws
        -> [PictureEntry]
    {
        try PictureList(recursive: recursive, standardInput: { input }).expand(arguments)
    }

    @Test("files stand in the order given, missing ones too")
    func files() throws {
        #expect(try expand(["/no/b.jpg", "/no/a.jpg"]).map(\.path) == ["/no/b.jpg", "/no/a.jpg"])
    }

    @Test("a folder gives its pictures sorted by name, and nothing else of it")
    func folder() throws {
        let scratch = try ScratchFolder()
        for name in [
            "p/b.JPG", "p/a.png", "p/10.jpeg", "p/notes.txt", "p/.hidden.png", "p/phone.heic", "p/deep/c.png",
        ] {
            try scratch.write(name)
        }
        try scratch.folder("p/folder.png")
        let expected = ["10.jpeg", "a.png", "b.JPG", "phone.heic"].map { scratch("p/\($0)") }
        #expect(try expand([scratch("p")]).map(\.path) == expected)
        #expect(try expand([scratch("p/")]).map(\.path) == expected)
        #expect(
            try expand([scratch("p")], recursive: true).map(\.path) == expected + [scratch("p/deep/c.png")])
    }

    @Test("a link that leads back into its folder is not followed")
    func linkCycle() throws {
        let scratch = try ScratchFolder()
        try scratch.write("p/a.png")
        try FileManager.default.createSymbolicLink(
            atPath: scratch("p/again"), withDestinationPath: scratch("p"))
        #expect(try expand([scratch("p")], recursive: true).map(\.path) == [scratch("p/a.png")])
    }

    @Test("a list and standard input hold one name a line, either line ending, folders too")
    func lists() throws {
        let scratch = try ScratchFolder()
        try scratch.write("p/a.png")
        let list = try scratch.file("list.txt", "x y.jpg\r\n\n\(scratch("p"))\nlast.png".utf8)
        #expect(try expand(["@\(list)"]).map(\.path) == ["x y.jpg", scratch("p/a.png"), "last.png"])
        #expect(
            try expand(["-", "z.png"], input: "one.png\ntwo.png\n").map(\.path) == [
                "one.png", "two.png", "z.png",
            ])
    }

    @Test(
        "nothing to work on, or a list that is missing, ends with 66; a list that is a folder with 65; - twice is wrong usage"
    )
    func nothing() throws {
        let scratch = try ScratchFolder()
        #expect { try expand([scratch.path]) } throws: { ($0 as? Failure)?.status == .missing }
        #expect { try expand(["-"]) } throws: { ($0 as? Failure)?.status == .missing }
        #expect { try expand(["@/no/list.txt"]) } throws: { ($0 as? Failure)?.status == .missing }
        #expect { try expand(["@\(scratch.path)"]) } throws: { ($0 as? Failure)?.status == .unusable }
        #expect(throws: UsageError.self) { try expand(["-", "-"], input: "a.png") }
    }
}
