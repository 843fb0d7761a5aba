import Foundation
import SpanielAnnotations
import SpanielImaging
import SpanielJSON
import SpanielTestSupport
import Testing

extension FormatTrapTests {
    @Test(
        "YOLO's lines are class, centre and sides as fractions; a picture without a label file has no objects"
    )
    func yolo() throws {
        let set = Self.one(LabelledObject(classIndex: 0, box: Box(x1: 2, y1: 3, x2: 7, y2: 9)))
        #expect(try Self.written(set, .yolo, "labels/a.txt") == "0 0.225 0.5 0.25 0.5\n")
        let folder = try ScratchFolder()
        try folder.write("images/train/a.jpg", blank(Self.size))
        try folder.write("images/train/b.png", blank(Self.size))
        try folder.write("images/val/c.jpg", blank(Size(width: 100, height: 50)))
        try folder.write(
            "labels/train/a.txt",
            "1 0.225 0.5 0.25 0.5\r\n\r\n0 0 0 1 0 0.5 1 0.75\n0 0.5 0.5 0.5 0.5 0.875\n")
        try folder.write("labels/val/c.txt", "")
        try folder.write(
            "data.yaml",
            """
            # a comment
            path: ../somewhere/else   # not there
            train: images/train
            val: ['images/val']
            test:
            nc: 2
            names:
              1: "gr\\u00fcn: # no comment"
              0: 'it''s'
            download: |
              print("anything")
            roboflow:
              deeper: {a: b}
            """)
        let (read, losses) = try LabelledSet.read(.yolo, at: folder["data.yaml"])
        #expect(losses == [] && read.classes.map(\.name) == ["it's", "grün: # no comment"])
        #expect(
            read.pictures.map(\.file) == ["images/train/a.jpg", "images/train/b.png", "images/val/c.jpg"])
        let objects = read.pictures[0].objects
        #expect(objects.map(\.classIndex) == [1, 0, 0] && objects.map(\.score) == [nil, 0.75, 0.875])
        #expect(objects[0].box == Box(x1: 2, y1: 3, x2: 7, y2: 9))
        #expect(
            objects[1].shape
                == .polygons([Polygon(outer: [Point(x: 0, y: 0), Point(x: 20, y: 0), Point(x: 10, y: 12)])]))
        #expect(read.pictures[1].objects.isEmpty && read.pictures[2].size == Size(width: 100, height: 50))
    }

    @Test("YOLO's files from Windows, and lists of pictures by their whole paths, are read")
    func yoloLines() throws {
        let folder = try ScratchFolder()
        try folder.write("images/a.jpg", blank(Self.size))
        try folder.write("elsewhere/images/b.jpg", blank(Self.size))
        try folder.write("elsewhere/labels/b.txt", "1 0.5 0.5 1 1\r\n")
        try folder.write("data.yaml", "\u{FEFF}train: list.txt\r\nnames:\r\n  0: mug\r\n  1: 'boot'\r\n")
        try folder.write("list.txt", "./images/a.jpg\r\n\(folder["elsewhere/images/b.jpg"].path)\r\n")
        let set = try LabelledSet.read(.yolo, at: folder.url).set
        #expect(set.classes.map(\.name) == ["mug", "boot"])
        #expect(set.pictures.map(\.file) == ["images/a.jpg", folder["elsewhere/images/b.jpg"].path])
        #expect(set.pictures[1].objects.map(\.classIndex) == [1])
    }

    @Test("an object of tens of thousands of parts is one ring of YOLO, and soon")
    func manyParts() throws {
        let size = Size(width: 400, height: 300)
        let mask = Mask(width: size.width, height: size.height) { x, y in x % 2 == 0 && y % 2 == 0 }
        let set = Self.one(LabelledObject(classIndex: 0, shape: .init(mask)), size: size)
        let line = try Self.written(set, .yolo, "labels/a.txt")
        let numbers = line.split(whereSeparator: { $0 == " " || $0.isNewline }).dropFirst().map {
            Double($0)!
        }
        let ring = stride(from: 0, to: numbers.count, by: 2).map {
            Point(x: (numbers[$0] * 400).rounded(), y: (numbers[$0 + 1] * 300).rounded())
        }
        #expect(RLE(polygon: [ring], size: size) == mask.rle)
    }

    @Test(
        "YOLO's errors name the file and the line",
        arguments: [
            ("2 0 0 1 1", "line 1: expected a class from 0 to 1, found \"2\""),
            ("x 0 0 1 1", "line 1: expected a class from 0 to 1, found \"x\""),
            ("0.5 0 0 1 1", "expected a class"),
            ("0 0 0 1", "an outline of three corners at least, found 3 numbers"),
            (
                "0 0.1 0.1 0.2 0.2\n0 320 240 15 1",
                "line 2: expected fractions of the picture's sides, 0 to 1, found \"320\""
            ),
            ("0 nan 0 1 1", "expected fractions"),
            ("0 0.9 0.9 -0.8 0.8", "line 1: expected a box inside the picture"),
        ])
    func badLines(text: String, message: String) throws {
        let folder = try ScratchFolder()
        try folder.write("images/a.jpg", blank(Self.size))
        try folder.write("data.yaml", "train: images\nnames: [a, b]\n")
        try folder.write("labels/a.txt", text)
        do {
            _ = try LabelledSet.read(.yolo, at: folder.url)
            Issue.record("no error")
        } catch {
            #expect("\(error)".hasPrefix("labels/a.txt: ") && "\(error)".contains(message), "\(error)")
        }
    }

    @Test(
        "data.yaml's errors name the line",
        arguments: [
            ("names: [a, b", "expected YAML, found did not find expected ',' or ']'"),
            ("names:\n  0: a\n  2: b", "names: expected each number from 0 to 1 once"),
            ("\tnames: a", "line 1: expected YAML, found found character that cannot start any token"),
            ("names: a", "names: expected a list of names"),
            ("train: x", "names: expected a list of names, found nothing"),
            ("names: [a]\nnames: [b]", "expected each key once, found names a second time"),
            ("names: [[a]]", "line 1: expected one text for each entry of names"),
            ("names: [\"a]", "found unexpected end of stream"),
            ("names: [*x]", "found undefined alias"),
            ("nonsense", "line 1: expected a key and a colon"),
        ])
    func badYAML(text: String, message: String) throws {
        do {
            _ = try Self.read(.yolo, ["data.yaml": text], at: "")
            Issue.record("no error")
        } catch { #expect("\(error)".contains(message), "\(error)") }
    }

    @Test("data.yaml is YAML: anchors, several lines in brackets, block texts and flow mappings are read")
    func wholeYAML() throws {
        let text = #"""
            %YAML 1.1
            ---
            base: &names
              - "gr\u00fcn"
              - >-
                two
                words
              - null
              - 0
            names: *names
            deep: [1, {a: [b]}]
            """#
        let yaml = try YAML(parsing: text)
        #expect(try yaml["names"] == .list(["grün", "two words", "", "0"]))
        #expect(
            try YAML(parsing: "names: {0: a,\n  1: b}")["names"]
                == .mapping([
                    .init(key: "0", value: "a"), .init(key: "1", value: "b"),
                ]))
        #expect(try YAML(parsing: "a:\nb: ~")["a"] == nil && YAML(parsing: "a:\nb: ~")["b"] == nil)
        #expect(try YAML(parsing: "")["a"] == nil && YAML(parsing: "# x\n---\n")["a"] == nil)
    }

    @Test("more aliases than are allowed, a list that never ends and a file of megabytes are errors at once")
    func hostileYAML() throws {
        func names(aliases: Int) -> String {
            "names: &x [a]\nothers: [" + [String](repeating: "*x", count: aliases).joined(separator: ", ")
                + "]"
        }
        #expect(try YAML(parsing: names(aliases: YAML.aliasLimit))["names"] != nil)
        let open = "names: " + String(repeating: "[", count: 50)
        let long = "names: [" + String(repeating: "a,", count: 1 << 20) + "]"
        for text in [names(aliases: YAML.aliasLimit + 1), open, long] {
            let start = ContinuousClock.now
            #expect(throws: YAML.Problem.self) { _ = try YAML(parsing: text)["names"] }
            #expect(ContinuousClock.now - start < .seconds(10))
        }
    }
}
