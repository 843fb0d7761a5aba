import Foundation
import SpanielAnnotations
import SpanielFiles
import SpanielImaging
import SpanielJSON
import SpanielPlatform
import SpanielStarters
import SpanielStudio
import SpanielTestSupport
import Testing

/// The page's work, asked as the page asks it.
@Suite(.serialized, OwnThread()) struct StudioTests {
    private func withBoots(_ body: (Page) async throws -> Void) async throws {
        let page = try await Page(models: Page.starterModels()) { folder in
            let files = FileManager.default
            try files.copyItem(at: Starters.shelf, to: folder.appending(path: "shelf.jpg"))
            try files.copyItem(at: Starters.boot, to: folder.appending(path: "boot.jpg"))
            // A near-duplicate, and what is no picture.
            let shelf = try Picture(contentsOf: Starters.shelf)
            try shelf.resized(to: Size(width: 480, height: 360)).jpegData(quality: 80).write(
                to: folder.appending(path: "shelf-small.jpg"))
            try Data("no picture".utf8).write(to: folder.appending(path: "broken.jpg"))
        }
        try await page.waitUntilEncoded()
        try await body(page)
        await page.stop()
    }

    private func id(_ name: String, _ page: Page) throws -> String {
        let list = try page.client.json("GET", "/api/pictures")["pictures"]?.array ?? []
        return list.first { $0["name"]?.string == name }?["id"]?.string ?? ""
    }

    @Test
    func `One example becomes suggestions in other pictures, decisions become labels, and all can be undone`()
        async throws
    {
        try await withBoots { page in
            let client = page.client
            let project = try client.json("GET", "/api/project")
            #expect(project["progress"]?["failed"] == 1 && project["progress"]?["total"] == 4)
            let owner = try client.json("POST", "/api/classes", ["name": "boot"])["class"]
            let classID = owner?["id"]?.string ?? ""
            let boot = try id("boot.jpg", page)
            let shelf = try id("shelf.jpg", page)
            let prompt = try client.json(
                "POST", "/api/classes/\(classID)/prompts",
                ["kind": "example", "picture": JSON(boot), "shape": ["box": [199, 146, 450, 359]]])["prompt"]
            #expect(prompt?["taken"]?["overlap"]?.double ?? 0 > 0.5)
            #expect(prompt?["taken"]?["alternatives"]?.array?.isEmpty == false)
            let ranking = try client.json("GET", "/api/classes/\(classID)/ranking")
            #expect(ranking["encoded"] == 3)
            #expect(ranking["histogram"]?["open"]?.array?.count == 50)
            let queue = try client.json(
                "GET", "/api/suggestions?class=\(classID)&order=score&picture=\(shelf)")
            let found = queue["suggestions"]?.array ?? []
            #expect(found.count == 2, "the shelf has two boots")
            // The near-duplicate is decided together.
            #expect(found[0]["duplicates"] == 1)
            let decided = try client.json(
                "POST", "/api/decisions",
                ["decisions": [["suggestion": found[0]["id"]!, "verdict": "accept"]], "masks": true])
            #expect(decided["decided"]?.array?.count == 2)
            let labels = decided["annotations"]?.array ?? []
            #expect(labels.count == 2)
            #expect(labels[0]["shape"]?["mask"] != nil && labels[0]["provenance"] == "edited")
            // What is decided is decided: again is a conflict.
            try client.json(
                "POST", "/api/decisions",
                ["decisions": [["suggestion": found[0]["id"]!, "verdict": "reject"]]], status: 409)
            let rejected = try client.json(
                "POST", "/api/decisions",
                ["decisions": [["suggestion": found[1]["id"]!, "verdict": "reject"]], "duplicates": false])
            let revision = rejected["revision"]?.int ?? 0
            let after = try client.json("GET", "/api/pictures/\(shelf)")
            #expect(after["objects"]?.array?.count == 1 && after["open"]?.array?.isEmpty == true)
            // Undo needs the revision that was seen.
            try client.json("POST", "/api/undo", status: 428)
            let conflict = try client.json("POST", "/api/undo", version: revision - 1, status: 409)
            #expect(conflict["revision"]?.int == revision)
            var at = revision
            for _ in 0..<2 { at = try client.json("POST", "/api/undo", version: at)["revision"]?.int ?? 0 }
            let before = try client.json("GET", "/api/pictures/\(shelf)")
            #expect(before["objects"]?.array?.isEmpty == true && before["open"]?.array?.count == 2)
            for _ in 0..<2 { at = try client.json("POST", "/api/redo", version: at)["revision"]?.int ?? 0 }
            #expect(try client.json("GET", "/api/pictures/\(shelf)")["objects"]?.array?.count == 1)
            // Nothing here is said, not guessed.
            let cup =
                try client.json("POST", "/api/classes", ["name": "zeppelin"])["class"]?["id"]?.string ?? ""
            let nothing = try client.json("GET", "/api/classes/\(cup)/ranking?words=a+zeppelin&threshold=0.9")
            #expect(nothing["total"] == 0 && nothing["nothingHere"]?.string?.isEmpty == false)
        }
    }

    @Test func `Two tabs do not overwrite each other`() async throws {
        let page = try await Page()
        try await page.waitUntilEncoded()
        let client = page.client
        let picture = try page.firstPicture()
        let owner = try client.json("POST", "/api/classes", ["name": "square"])["class"]
        let classID = owner?["id"] ?? nil
        let made = try client.json(
            "POST", "/api/pictures/\(picture)/annotations",
            ["class": classID, "shape": ["box": [1, 2, 30, 40]]], status: 201)["annotation"]
        let id = made?["id"]?.string ?? ""
        let version = made?["version"]?.int ?? 0
        let body: JSON = ["class": classID, "shape": ["box": [5, 5, 20, 20]]]
        try client.json("PUT", "/api/annotations/\(id)", body, status: 428)
        let second = try client.json("PUT", "/api/annotations/\(id)", body, version: version)["annotation"]
        let late = try client.json("PUT", "/api/annotations/\(id)", body, version: version, status: 409)
        #expect(
            late["current"]?["box"] == second?["box"] && late["current"]?["version"] == second?["version"])
        let gone = second?["version"]?.int ?? 0
        try client.json("DELETE", "/api/annotations/\(id)", version: gone)
        try client.json("PUT", "/api/annotations/\(id)", body, version: gone, status: 404)
        // Undo brings it back under a version that nobody has seen.
        let revision = try client.json("GET", "/api/project")["revision"]?.int ?? 0
        try client.json("POST", "/api/undo", version: revision)
        try client.json("DELETE", "/api/annotations/\(id)", version: gone, status: 409)
        await page.stop()
    }

    @Test func `Bad shapes, names, numbers and ids are answered with what is expected`() async throws {
        let page = try await Page()
        try await page.waitUntilEncoded()
        let client = page.client
        let picture = try page.firstPicture()
        let classID = try client.json("POST", "/api/classes", ["name": "a"])["class"]?["id"] ?? nil
        let shapes: [JSON] = [
            nil, [:], ["box": [1, 2, 3]], ["box": [10, 10, 10, 20]], ["box": [500, 500, 600, 600]],
            ["box": ["1", 2, 3, 4]], ["polygons": []], ["polygons": [["outer": [[1, 1], [2, 2]]]]],
            ["polygons": [["outer": [[500, 500], [600, 600], [500, 600]]]]],
            ["mask": ["size": [64, 96], "counts": "!!"]], ["mask": ["size": [64, 96], "counts": [1]]],
            ["mask": ["size": [64, 96], "counts": [6144]]],
            ["mask": ["size": [65, 96], "counts": [0, 6240]]],
            ["mask": ["size": [1_000_000, 1_000_000], "counts": [0, 1]]],
            ["mask": ["size": [64, 96], "counts": [-1, 6145]]],
            ["box": [1e308, 1e308, 1e307, 1e307]],
        ]
        for shape in shapes {
            let answer = try client.ask(
                "POST", "/api/pictures/\(picture)/annotations", ["class": classID, "shape": shape])
            #expect(answer.status == 422, "\(shape.text()): \(answer.text)")
        }
        for name in ["", "   ", "a", "x\ny", String(repeating: "x", count: 201)] {
            try client.json("POST", "/api/classes", ["name": JSON(name)], status: 422)
        }
        for path in [
            "/api/pictures/p0/annotations", "/api/classes/c99/prompts", "/api/classes/c1/prompts/x",
            "/api/classes/\(classID.string ?? "")x/fit",
        ] { #expect([404, 422].contains(try client.ask("POST", path, [:]).status), "\(path)") }
        for query in [
            "limit=0", "limit=x", "order=size", "order=score", "show=none", "offset=-1", "class=c99",
        ] {
            #expect([404, 422].contains(try client.ask("GET", "/api/pictures?\(query)").status), "\(query)")
        }
        for box in ["", "1,2,3", "a,b,c,d", "1,2,3,4,5", "nan,1,2,3", "1e400,0,1,1"] {
            #expect(try client.ask("GET", "/api/pictures/\(picture)/crop?box=\(box)").status == 422, "\(box)")
        }
        for box in ["-50,-50,-10,-10", "0,0,96,64", "90,60,200,200", "5,5,5,5", "30,30,20,20"] {
            #expect(
                try client.ask("GET", "/api/pictures/\(picture)/crop?box=\(box)&side=64").status == 200,
                "\(box)")
        }
        // Words without a model.
        try client.json("POST", "/api/find", ["class": classID], status: 422)
        await page.stop()
    }

    private static let box: JSON = ["box": [3, 4, 40, 30]]
    private static let ring: JSON = ["polygons": [["outer": [[50, 10], [80, 10], [80, 50], [50, 50]]]]]
    /// Three columns of twenty pixels.
    private static let pixels: JSON = {
        let counts: [Int] = [394, 20, 44, 20, 44, 20, 5602]
        return ["mask": ["size": [64, 96], "counts": JSON(counts.map { JSON($0) })]]
    }()

    @Test(arguments: AnnotationFormat.allCases.filter { $0 != .cocoResults })
    func `What is exported is read back equal, and imported again it changes nothing`(
        format: AnnotationFormat
    )
        async throws
    {
        let page = try await Page { try Page.draw($0, count: 12) }
        try await page.waitUntilEncoded()
        let client = page.client
        let list = try client.json("GET", "/api/pictures")["pictures"]?.array ?? []
        let classes = try ["square", "rond: é", "c"].map {
            try client.json("POST", "/api/classes", ["name": JSON($0)])["class"]?["id"] ?? nil
        }
        var count = 0
        for (place, picture) in list.enumerated() where place % 4 != 3 {
            let path = "/api/pictures/\(picture["id"]?.string ?? "")/annotations"
            // Pascal VOC holds boxes only.
            let shapes = format == .voc ? [Self.box] : [Self.box, Self.ring, Self.pixels]
            for (index, shape) in shapes.enumerated() {
                try client.json(
                    "POST", path, ["class": classes[(place + index) % 3], "shape": shape], status: 201)
                count += 1
            }
        }
        let result = try client.json("POST", "/api/export", ["format": JSON(format.rawValue)])
        #expect(result["equal"] == true, "\(result["differences"]?.text() ?? "")")
        #expect(result["files"]?[0]?["objects"]?.int == count)
        let split = try client.json(
            "POST", "/api/export", ["format": JSON(format.rawValue), "validation": 0.25])
        #expect(split["equal"] == true, "\(split["differences"]?.text() ?? "")")
        #expect(split["files"]?.array?.count == 2)
        let sizes = split["files"]?.array?.compactMap { $0["pictures"]?.int } ?? []
        #expect(sizes.reduce(0, +) == 12 && (2...4).contains(sizes[1]))
        #expect(result["place"] != split["place"], "an export never writes into another")
        if let download = result["files"]?[0]?["download"]?.string {
            let answer = try client.ask("GET", download)
            #expect(
                answer.status == 200 && answer.headers["content-disposition"]?.hasPrefix("attachment") == true
            )
        }
        // The files sent back as an import find every object known; those that hold masks exactly do.
        guard [.coco, .labelme, .cvat].contains(format) else { return await page.stop() }
        let place = result["place"]?.string ?? ""
        let names = (FileManager.default.enumerator(atPath: place)?.compactMap { $0 as? String } ?? []).filter
        {
            FileKind(of: URL(filePath: "\(place)/\($0)")) == .file
        }
        let files = try names.map { name -> JSON in
            [
                "name": JSON(name),
                "text": JSON(try String(contentsOfFile: "\(place)/\(name)", encoding: .utf8)),
            ]
        }
        let back = try client.json(
            "POST", "/api/import", ["format": JSON(format.rawValue), "files": JSON(files)])
        #expect(back["unknown"]?.array?.isEmpty == true)
        if format == .coco { #expect(back["objects"] == 0, "\(back["notes"]?.text() ?? "")") }
        await page.stop()
    }

    @Test func `Trainers of YOLO find all labels: lines of one kind, no second folder called images`()
        async throws
    {
        let page = try await Page { folder in
            for name in ["images", "images/more", "other"] {
                let inner = folder.appending(path: name)
                try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
                try Page.draw(inner, count: 2)
            }
        }
        try await page.waitUntilEncoded()
        let client = page.client
        let label = try client.json("POST", "/api/classes", ["name": "a"])["class"]?["id"] ?? nil
        for (place, picture) in (try client.json("GET", "/api/pictures")["pictures"]?.array ?? [])
            .enumerated()
        {
            let path = "/api/pictures/\(picture["id"]?.string ?? "")/annotations"
            let shape = place == 0 ? Self.ring : Self.box
            try client.json("POST", path, ["class": label, "shape": shape], status: 201)
        }
        for _ in 0..<2 {
            let result = try client.json("POST", "/api/export", ["format": "yolo", "validation": 0.3])
            #expect(result["equal"] == true, "\(result["differences"]?.text() ?? "")")
            #expect(result["files"]?.array?.count == 2)
            let place = result["place"]?.string ?? ""
            let names = (FileManager.default.enumerator(atPath: place)?.compactMap { $0 as? String } ?? [])
                .filter { $0.hasSuffix(".txt") }
            #expect(names.count == 6)
            for name in names {
                let picture = name.replacing("labels/", with: "images/").dropLast(4) + ".png"
                #expect(FileKind(of: URL(filePath: "\(place)/\(picture)")) == .file, "\(name)")
                #expect(picture.split(separator: "/").count { $0 == "images" } == 1)
                // A segment dataset of which a part has boxes alone ends Ultralytics' training (8.4.190).
                let line = try String(contentsOfFile: "\(place)/\(name)", encoding: .utf8)
                #expect(line.split(separator: " ").count == 9, "\(name): \(line)")
            }
        }
        let all = try client.json("POST", "/api/export", ["format": "yolo", "validation": 0.01])
        #expect(all["notes"]?.array?.contains { $0.string?.contains("in one part") == true } == true)
        await page.stop()
    }

    @Test func `A name of an import that leads out of its folder is refused`() async throws {
        let page = try await Page()
        for name in [
            "../x.json", "/etc/x.json", "a/../../x.json", "a//b.json", "", ".", "a\\b.json", "a\u{0}b",
            "a/./b.json",
        ] {
            let body: JSON = ["format": "labelme", "files": [["name": JSON(name), "text": "{}"]]]
            try page.client.json("POST", "/api/import", body, status: 422)
        }
        await page.stop()
    }

    @Test func `The folder may grow, change and lose pictures while the page is open`() async throws {
        let page = try await Page()
        try await page.waitUntilEncoded()
        let client = page.client
        let first = try page.firstPicture()
        let classID = try client.json("POST", "/api/classes", ["name": "a"])["class"]?["id"] ?? nil
        try client.json(
            "POST", "/api/pictures/\(first)/annotations", ["class": classID, "shape": ["box": [1, 1, 9, 9]]])
        try Page.draw(page.folder, count: 5)
        let added = try client.json("POST", "/api/folder")
        #expect(added["added"] == 2)
        try FileManager.default.moveItem(
            at: page.folder.appending(path: "photo-0.png"), to: page.folder.appending(path: "renamed.png"))
        try FileManager.default.removeItem(at: page.folder.appending(path: "photo-1.png"))
        let changed = try client.json("POST", "/api/folder")
        #expect(changed["removed"] == 1, "a renamed picture is the same: \(changed.text())")
        let renamed = try client.json("GET", "/api/pictures/\(first)")
        #expect(renamed["name"] == "renamed.png" && renamed["annotations"] == 1)
        try FileManager.default.moveItem(at: page.folder, to: page.scratch["elsewhere"])
        try client.json("POST", "/api/folder", status: 500)
        #expect(try client.ask("GET", "/api/project").status == 200)
        let status = try client.ask("GET", "/api/pictures/\(first)/image").status
        #expect(status == 500, "the folder of the picture is gone: \(status)")
        await page.stop()
    }

    @Test func `An empty folder opens, and a missing one is an error`() async throws {
        let page = try await Page { _ in }
        #expect(try page.client.json("GET", "/api/pictures")["total"] == 0)
        await page.stop()
        #expect(throws: StudioError.self) { try Studio(folder: "/nowhere/at/all", models: Page.noModels) }
    }
}
