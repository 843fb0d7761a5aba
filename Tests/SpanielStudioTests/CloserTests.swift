import Foundation
import SpanielImaging
import SpanielJSON
import SpanielPlatform
import SpanielStudio
import SpanielTestSupport
import Testing

/// Closer looks among the suggestions.
@Suite(.serialized, OwnThread()) struct CloserTests {
    private static let examples = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Examples")
    private static let classes = ["boot", "pumpkin", "turtle"]

    /// The pictures of Examples and their mirror images, with the boxes of the classes.
    private func scenes() throws -> [(name: String, picture: Picture, objects: [(name: String, box: Box)])] {
        let truth = try JSON(
            parsing: Data(contentsOf: Self.examples.appending(path: "truth.coco.json")))
        func text(_ list: String, _ id: Int?, _ key: String) -> String {
            truth[list]?.array?.first { $0["id"]?.int == id }?[key]?.string ?? ""
        }
        return try (truth["images"]?.array ?? []).flatMap { image in
            let name = image["file_name"]?.string ?? ""
            let picture = try Picture(contentsOf: Self.examples.appending(path: name))
            let objects = (truth["annotations"]?.array ?? []).compactMap {
                object -> (name: String, box: Box)? in
                let kind = text("categories", object["category_id"]?.int, "name")
                guard object["image_id"]?.int == image["id"]?.int, Self.classes.contains(kind),
                    let box = object["bbox"]?.array?.compactMap(\.double), box.count == 4
                else { return nil }
                return (kind, Box(x1: box[0], y1: box[1], x2: box[0] + box[2], y2: box[1] + box[3]))
            }
            let width = picture.width
            var pixels = picture.pixels
            for row in 0..<picture.height {
                for column in 0..<width {
                    for channel in 0..<3 {
                        pixels[3 * (row * width + column) + channel] =
                            picture.pixels[3 * (row * width + width - 1 - column) + channel]
                    }
                }
            }
            let mirrored = objects.map {
                (
                    name: $0.name,
                    box: Box(
                        x1: Double(width) - $0.box.x2, y1: $0.box.y1, x2: Double(width) - $0.box.x1,
                        y2: $0.box.y2)
                )
            }
            return [
                ("a-" + name, picture, objects),
                ("b-" + name, Picture(rgb: pixels, width: width, height: picture.height), mirrored),
            ]
        }
    }

    @Test
    func `Six reviewed pictures teach closer looks, which suggest in the next ones and name a drawn box`()
        async throws
    {
        let scenes = try scenes()
        let page = try await Page(models: Page.starterModels()) { folder in
            for scene in scenes {
                try scene.picture.jpegData(quality: 92).write(to: folder.appending(path: scene.name))
            }
        }
        try await page.waitUntilEncoded()
        let client = page.client
        var owners: [String: JSON] = [:]
        for name in Self.classes {
            let made = try client.json("POST", "/api/classes", ["name": JSON(name)])["class"]
            owners[name] = made?["id"] ?? nil
            try client.json(
                "POST", "/api/classes/\(made?["id"]?.string ?? "")/prompts",
                ["kind": "words", "text": JSON("a " + name)])
        }
        let list = try client.json("GET", "/api/pictures")["pictures"]?.array ?? []
        func id(_ name: String) -> String {
            list.first { $0["name"]?.string == name }?["id"]?.string ?? ""
        }
        let open = ["b-shelf.jpg", "b-path.jpg"]
        for scene in scenes where !open.contains(scene.name) {
            for object in scene.objects {
                let box: JSON = [
                    JSON(object.box.x1), JSON(object.box.y1), JSON(object.box.x2), JSON(object.box.y2),
                ]
                try client.json(
                    "POST", "/api/pictures/\(id(scene.name))/annotations",
                    ["class": owners[object.name] ?? nil, "shape": ["box": box]])
            }
            try client.json(
                "PATCH", "/api/pictures/\(id(scene.name))", ["reviewed": true], version: 0)
        }
        try client.json("POST", "/api/priority", ["pictures": JSON(open.map { JSON(id($0)) })])
        let learnt = try client.json("POST", "/api/learn")
        #expect(learnt["closer"] == 6)
        var (right, wanted, shown) = (0, 0, 0)
        for scene in scenes where open.contains(scene.name) {
            let suggested =
                try client.json("GET", "/api/suggestions?picture=\(id(scene.name))")[
                    "suggestions"]?.array ?? []
            shown += suggested.count
            wanted += scene.objects.count
            for object in scene.objects {
                right +=
                    suggested.contains { suggestion in
                        let box = suggestion["box"]?.array?.compactMap(\.double) ?? []
                        return suggestion["class"] == owners[object.name] && box.count == 4
                            && Box(x1: box[0], y1: box[1], x2: box[2], y2: box[3]).iou(object.box) > 0.5
                    } ? 1 : 0
                let guess = try client.json(
                    "POST", "/api/pictures/\(id(scene.name))/guess",
                    [
                        "box": [
                            JSON(object.box.x1), JSON(object.box.y1), JSON(object.box.x2),
                            JSON(object.box.y2),
                        ]
                    ])
                #expect(guess["classes"]?[0]?["class"] == owners[object.name], "\(object.name)")
            }
        }
        #expect(wanted >= 4 && right * 4 >= wanted * 3, "\(right) of \(wanted), \(shown) shown")
        #expect(shown <= right + 2)
        // Accepted, they are what was shown.
        let first = try client.json("GET", "/api/suggestions?picture=\(id(open[0]))")["suggestions"]?[0]
        let decided = try client.json(
            "POST", "/api/decisions",
            ["decisions": [["suggestion": first?["id"] ?? nil, "verdict": "accept"]], "duplicates": false])
        #expect(decided["annotations"]?[0]?["box"] == first?["box"])
        await page.stop()
    }
}
