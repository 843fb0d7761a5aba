import Foundation
import SpanielImaging
import SpanielJSON
import SpanielPlatform
import SpanielStarters
import SpanielStudio
import SpanielTestSupport
import Testing

/// What Label Studio and X-AnyLabeling ask, as their own code asks it.
@Suite(.serialized, OwnThread()) struct ConnectionTests {
    private static let config = """
        <View><Image name="photo" value="$image"/>
        <RectangleLabels name="box" toName="photo" smart="true"><Label value="boot" predicted_values="a boot, boots"/></RectangleLabels>
        <KeyPointLabels name="point" toName="photo" smart="true"><Label value="boot"/></KeyPointLabels></View>
        """
    private static let brush = config.replacing(
        "</View>",
        with: "<BrushLabels name='brush' toName='photo'><Label value='boot'/></BrushLabels></View>")

    private func withBoots(_ body: (Page, Asker) async throws -> Void) async throws {
        let page = try await Page(models: Page.starterModels(), key: "the-key") { folder in
            let files = FileManager.default
            try files.copyItem(at: Starters.shelf, to: folder.appending(path: "shelf.jpg"))
            try files.copyItem(at: Starters.boot, to: folder.appending(path: "my boot.jpg"))
        }
        try await page.waitUntilEncoded()
        try await body(page, Asker(port: page.client.port))
        await page.stop()
    }

    /// Without a header of ours.
    struct Asker {
        let port: Int

        func ask(_ method: String, _ path: String, _ body: JSON? = nil, _ more: String = "") throws
            -> RawClient.Answer
        {
            let client = try RawClient(port: port)
            let bytes = body?.bytes() ?? []
            var text = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\(more)"
            if body != nil {
                text += "Content-Type: application/json\r\nContent-Length: \(bytes.count)\r\n"
            }
            client.send(Array((text + "\r\n").utf8) + bytes)
            return try client.answer()
        }

        func labelStudio(_ path: String, _ body: JSON) throws -> JSON {
            let answer = try ask("POST", "/label-studio/the-key/\(path)", body)
            guard (200..<300).contains(answer.status) else {
                throw RawClient.Failed(description: "\(path): \(answer.status) \(answer.text)")
            }
            return answer.json
        }

        func predict(_ link: String, _ config: String, drawn: JSON = nil) throws -> [JSON] {
            let answer = try labelStudio(
                "predict",
                [
                    "tasks": [["id": 1, "data": ["image": JSON(link)]]], "project": "1.1700000000",
                    "label_config": JSON(config), "params": ["context": drawn],
                ])
            return answer["results"]?[0]?["result"]?.array ?? []
        }
    }

    /// A box of the boot's picture, 640 × 480, in percent.
    private static func region(_ box: Box, of size: Size, origin: String = "manual") -> JSON {
        [
            "id": "x", "from_name": "box", "to_name": "photo", "type": "rectanglelabels",
            "original_width": JSON(size.width), "original_height": JSON(size.height), "origin": JSON(origin),
            "value": [
                "x": JSON(box.x1 * 100 / Double(size.width)), "y": JSON(box.y1 * 100 / Double(size.height)),
                "width": JSON(box.width * 100 / Double(size.width)),
                "height": JSON(box.height * 100 / Double(size.height)), "rotation": 0,
                "rectanglelabels": ["boot"],
            ],
        ]
    }

    private static func box(_ result: JSON, _ size: Size) -> Box {
        func number(_ name: String) -> Double { result["value"]?[name]?.double ?? .nan }
        let (x, y) = (number("x") / 100 * Double(size.width), number("y") / 100 * Double(size.height))
        return Box(
            x1: x, y1: y, x2: x + number("width") / 100 * Double(size.width),
            y2: y + number("height") / 100 * Double(size.height))
    }

    @Test func `An annotation in Label Studio predicts in other pictures, and goes when it is deleted`()
        async throws
    {
        try await withBoots { page, asker in
            #expect(try asker.ask("GET", "/label-studio/the-key/health").json["status"] == "UP")
            let setup: JSON = ["project": "1.1700000000", "schema": JSON(Self.config)]
            let before = try asker.labelStudio("setup", setup)["model_version"]
            #expect(try asker.labelStudio("setup", setup)["model_version"] == before, "no new classes")
            let made = try page.client.json("GET", "/api/project")["classes"]?[0]
            #expect(made?["name"] == "boot" && made?["prompts"]?.array?.count == 2, "words from its values")
            let size = try Picture(contentsOf: Starters.boot).size
            let annotation: JSON = [
                "id": 7, "was_cancelled": false,
                "result": [Self.region(Box(x1: 199, y1: 146, x2: 450, y2: 359), of: size)],
            ]
            let sent = try asker.labelStudio(
                "webhook",
                [
                    "action": "ANNOTATION_CREATED", "annotation": annotation,
                    "task": ["id": 1, "data": ["image": "/data/upload/3/0a1b2c3d-my_boot.jpg"]],
                    "project": ["id": 1, "label_config": JSON(Self.config)],
                ])
            #expect(sent["status"] == "ok")
            #expect(try asker.labelStudio("setup", setup)["model_version"] != before, "ask again")
            let shelf = "/data/local-files/?d=elsewhere/shelf.jpg"
            let found = try asker.predict(shelf, Self.config)
            let whole = try Picture(contentsOf: Starters.shelf).size
            let boxes = found.map { Self.box($0, whole) }
            for boot in [Box(x1: 50, y1: 85, x2: 204, y2: 214), Box(x1: 435, y1: 78, x2: 612, y2: 222)] {
                #expect(boxes.contains { $0.iou(boot) > 0.5 }, "the shelf has two boots")
            }
            #expect(found.count <= 5, "what the words find too")
            #expect(found.allSatisfy { $0["from_name"] == "box" && $0["to_name"] == "photo" })
            let labels = try page.client.json("GET", "/api/project")["counts"]
            #expect(labels?["annotations"] == 1 && labels?["reviewed"] == 1)
            // The same again changes nothing; deleted, it takes label and example along.
            let at = try page.client.json("GET", "/api/project")["revision"]
            try _ = asker.labelStudio(
                "webhook",
                [
                    "action": "ANNOTATION_UPDATED", "annotation": annotation,
                    "task": ["id": 1, "data": ["image": "/data/upload/3/0a1b2c3d-my_boot.jpg"]],
                    "project": ["id": 1, "label_config": JSON(Self.config)],
                ])
            #expect(try page.client.json("GET", "/api/project")["revision"] == at)
            try _ = asker.labelStudio(
                "webhook", ["action": "ANNOTATIONS_DELETED", "annotations": [["id": 7]]])
            let after = try page.client.json("GET", "/api/project")
            #expect(after["counts"]?["annotations"] == 0 && after["counts"]?["reviewed"] == 0)
            #expect(after["classes"]?[0]?["prompts"]?.array?.count == 2)
        }
    }

    @Test
    func
        `A box just drawn finds its like in the picture, a click its outline, as the configuration can show it`()
        async throws
    {
        try await withBoots { page, asker in
            let size = try Picture(contentsOf: Starters.shelf).size
            let seen = try asker.predict(
                "shelf.jpg", Self.config,
                drawn: ["result": [Self.region(Box(x1: 0, y1: 0, x2: 9, y2: 9), of: size)]])
            #expect(!seen.isEmpty, "what was drawn is among the answers")
            // The boots of the shelf by the boot's own picture.
            let boot = try Picture(contentsOf: Starters.boot).size
            let drawn = Self.region(Box(x1: 199, y1: 146, x2: 450, y2: 359), of: boot)
            #expect(try asker.predict("my boot.jpg", Self.config, drawn: ["result": [drawn]]).count >= 1)
            let boots = try asker.predict("shelf.jpg", Self.config).map { Self.box($0, size) }
            #expect(boots.count >= 2)
            let click: JSON = [
                "type": "keypointlabels", "is_positive": 1,
                "value": ["x": 50, "y": 52, "width": 0.3, "keypointlabels": ["boot"]],
            ]
            let clicked = try asker.predict("my boot.jpg", Self.config, drawn: ["result": [click]])
            #expect(clicked.count == 1 && clicked[0]["type"] == "rectanglelabels")
            let painted = try asker.predict("my boot.jpg", Self.brush, drawn: ["result": [click]])
            #expect(painted.count == 1 && painted[0]["type"] == "brushlabels")
            #expect(painted[0]["from_name"] == "brush" && painted[0]["value"]?["format"] == "rle")
            // What is not in the folder is said, and never fetched.
            let answer = try asker.ask(
                "POST", "/label-studio/the-key/predict",
                [
                    "tasks": [["data": ["image": "http://127.0.0.1:1/no.jpg"]]],
                    "label_config": JSON(Self.config),
                ])
            #expect(answer.status == 422 && answer.text.contains("no picture in"))
            let useless = try asker.ask("POST", "/label-studio/the-key/setup", ["schema": "<View/>"])
            #expect(useless.status == 422 && useless.text.contains("RectangleLabels"))
        }
    }

    @Test func `X-AnyLabeling gets boxes by words and by a box of another picture, and outlines by clicks`()
        async throws
    {
        try await withBoots { page, asker in
            let models = try asker.ask("GET", "/x-anylabeling/the-key/v1/models").json["data"]
            #expect(Set(models?.object?.keys.map { $0 } ?? []) == ["spaniel-find", "spaniel-outline"])
            func predict(_ model: String, _ file: URL, _ params: JSON) throws -> [JSON] {
                let image = "data:image/jpeg;base64," + (try Data(contentsOf: file)).base64EncodedString()
                let answer = try asker.ask(
                    "POST", "/x-anylabeling/the-key/v1/predict",
                    ["model": JSON(model), "image": JSON(image), "params": params], "Token: \r\n")
                #expect(answer.status == 200, "\(answer.text)")
                return answer.json["data"]?["shapes"]?.array ?? []
            }
            let shown = try predict(
                "spaniel-find", Starters.boot,
                ["marks": [["type": "rectangle", "label": 1, "data": [199, 146, 450, 359]]]])
            #expect(shown.count == 1 && shown[0]["label"] == "AUTOLABEL_OBJECT")
            let others = try predict("spaniel-find", Starters.shelf, ["conf_threshold": 0])
            #expect(others.count == 2, "the box just drawn, in another picture")
            #expect(others.allSatisfy { $0["shape_type"] == "rectangle" && $0["points"]?.array?.count == 4 })
            let words = try predict(
                "spaniel-find", Starters.shelf, ["text_prompt": "a boot. a lamp", "conf_threshold": 0.001])
            #expect(words.contains { $0["label"] == "a boot" })
            let many = JSON(String(repeating: "boot,", count: 101))
            let refused = try asker.ask(
                "POST", "/x-anylabeling/the-key/v1/predict",
                ["model": "spaniel-find", "image": "eA==", "params": ["text_prompt": many]])
            #expect((400..<500).contains(refused.status) && refused.text.contains("at most 100 words"))
            let labels = (0...1000).map { "<Label value='\($0)'/>" }.joined()
            let config = "<View><RectangleLabels name='a' toName='b'>\(labels)</RectangleLabels></View>"
            let setup = try asker.ask("POST", "/label-studio/the-key/setup", ["schema": JSON(config)])
            #expect((400..<500).contains(setup.status) && setup.text.contains("at most 1000 labels"))
            let outlined = try predict(
                "spaniel-outline", Starters.boot,
                ["marks": [["type": "point", "label": 1, "data": [320, 250]]]])
            #expect(outlined.count == 1 && outlined[0]["shape_type"] == "polygon")
            #expect((4...400).contains(outlined[0]["points"]?.array?.count ?? 0))
        }
    }

    @Test func `Other tools need the key of their address, and a foreign page cannot use it`() async throws {
        let page = try await Page(key: "the-key")
        let asker = Asker(port: page.client.port)
        let health = "/label-studio/the-key/health"
        #expect(try asker.ask("GET", health).status == 200)
        for path in [
            "/label-studio/health", "/label-studio/the-kez/health", "/label-studio//health",
            "/x-anylabeling/none/v1/models", "/label-studio/the-key%2Fhealth",
        ] { #expect(try asker.ask("GET", path).status == 401, "\(path)") }
        #expect(try asker.ask("GET", health, nil, "Origin: http://evil.example\r\n").status == 403)
        #expect(try asker.ask("GET", health, nil, "Sec-Fetch-Site: cross-site\r\n").status == 403)
        let client = try RawClient(port: page.client.port)
        client.send("GET \(health) HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        #expect(try client.answer().status == 403)
        // The key opens nothing else, and without one there is nothing to open.
        #expect(try asker.ask("GET", "/api/project", nil, "X-Spaniel-Token: the-key\r\n").status == 401)
        #expect(try asker.ask("GET", "/label-studio/the-key/../api/project").status != 200)
        let closed = try await Page()
        #expect(try Asker(port: closed.client.port).ask("GET", "/label-studio//health").status == 401)
        await closed.stop()
        await page.stop()
    }

    @Test func `Links name pictures by the longest end of their path, else by a name that only one has`() {
        let links = PictureLinks([
            (path: "shelf/a.jpg", id: 1 as Int64), ("cellar/a.jpg", 2), ("b c.jpg", 3), ("deep/ä(1).png", 4),
        ])
        #expect(links["/data/local-files/?d=photos/shelf/a.jpg"] == 1)
        #expect(links["s3://bucket/cellar/a.jpg"] == 2)
        #expect(links["/data/upload/3/0a1b2c3d-a.jpg"] == nil, "two have the name")
        #expect(links["/data/upload/3/0a1b2c3d-b_c.jpg"] == 3)
        #expect(links["/data/local-files/?d=b%20c.jpg&t=1"] == 3)
        #expect(links["http://127.0.0.1:8080/x/%C3%A41.png?token=1"] == 4)
        for link in ["", "/", "../../etc/passwd", "%", "?d=", "/data/upload/0a1b2c3d-"] {
            #expect(links[link] == nil, "\(link)")
        }
    }

    @Test func `The key of a project stays the same`() async throws {
        let scratch = try ScratchFolder()
        let url = scratch["labels.spaniel"]
        let first = try ProjectFile(at: url)
        let key = try first.key()
        #expect(try first.key() == key && key.utf8.count > 20)
        try first.close()
        #expect(try ProjectFile(at: url).key() == key)
        #expect(try ProjectFile(at: scratch["other.spaniel"]).key() != key)
    }
}
