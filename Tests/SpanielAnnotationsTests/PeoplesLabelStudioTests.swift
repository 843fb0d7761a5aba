import Foundation
import SpanielAnnotations
import SpanielImaging
import SpanielJSON
import Testing

@Suite("Label Studio's exports as people have them")
struct PeoplesLabelStudioTests {
    static let size = #""original_width":120,"original_height":80,"image_rotation":0"#
    static let bolt =
        #"{\#(size),"id":"r2","type":"rectanglelabels","from_name":"label","to_name":"image","value":{"x":50,"y":10,"width":20,"height":20,"rotation":0,"rectanglelabels":["bolt"]}}"#

    static func task(_ results: String..., data: String = #""image":"/data/upload/1/0a1b2c3d-a.jpg""#)
        -> String
    {
        #"{"id":11,"annotations":[{"id":5,"result":[\#(results.joined(separator: ","))],"was_cancelled":false}],"predictions":[],"data":{\#(data)}}"#
    }

    static func read(
        _ tasks: String..., files: [String: People.File] = [:], pictures: String? = nil
    ) throws -> People.Read {
        var files = files
        files["ls.json"] = .text("[\(tasks.joined(separator: ","))]")
        return try People.read(.labelStudio, files, at: "ls.json", pictures: pictures)
    }

    @Test("a region nobody labelled is left out and counted, and the others stay")
    func unlabelled() throws {
        for labels in [#","rectanglelabels":[]"#, ""] {
            let region =
                #"{\#(Self.size),"id":"r1","type":"rectanglelabels","value":{"x":10,"y":10,"width":20,"height":20,"rotation":0\#(labels)}}"#
            let read = try Self.read(Self.task(region, Self.bolt))
            #expect(read.boxes == ["bolt 60,8,24,16"])
            #expect(read.sentences == ["1 region left out: nobody gave it a label"])
        }
    }

    @Test("a rectangle or polygon and its label are two results of one id")
    func joined() throws {
        let rectangle = #""value":{"x":19,"y":48,"width":22,"height":20,"rotation":0"#
        let polygon = #""value":{"points":[[60,10],[80,10],[80,40]],"closed":true"#
        let read = try Self.read(
            Self.task(
                #"{\#(Self.size),\#(rectangle)},"id":"k1","from_name":"rect","type":"rectangle"}"#,
                #"{\#(Self.size),\#(rectangle),"labels":["Airplane"]},"id":"k1","from_name":"label","type":"labels"}"#,
                #"{\#(Self.size),\#(polygon),"labels":["Car"]},"id":"k2","from_name":"label","type":"labels"}"#,
                #"{\#(Self.size),\#(polygon)},"id":"k2","from_name":"poly","type":"polygon"}"#,
                #"{"id":"k2","type":"choices","value":{"choices":["wet"]}}"#))
        #expect(read.boxes == ["Airplane 22.8,38.4,26.4,16", "Car 72,8,24,24"])
        #expect(read.rings == ["72,8 96,8 96,32"])
        #expect(read.sentences == ["1 result of type choices left out: no object with a class"])
    }

    @Test("relations, choices and texts have no size and need none")
    func withoutSize() throws {
        for other in [
            #"{"type":"relation","from_id":"r1","to_id":"r2","direction":"right"}"#,
            #"{"id":"c1","type":"choices","value":{"choices":["night"]}}"#,
            #"{"id":"t1","type":"textarea","value":{"text":["wet"]}}"#,
        ] {
            for results in [[other, Self.bolt], [Self.bolt, other]] {
                let read = try Self.read(Self.task(results.joined(separator: ",")))
                #expect(read.boxes == ["bolt 60,8,24,16"] && read.count("no-object") == 1)
            }
        }
    }

    @Test("a task without results and size is left out with a note, or has its picture's size")
    func emptyTask() throws {
        let empty = Self.task(data: #""image":"/data/upload/1/4e5f6a7b-b.jpg""#)
        let read = try Self.read(Self.task(Self.bolt), empty)
        #expect(read.files.count == 1 && read.boxes == ["bolt 60,8,24,16"])
        #expect(read.count("unsized-picture") == 1)
        let seen = try Self.read(
            Self.task(Self.bolt), empty,
            files: ["photos/0a1b2c3d-a.jpg": .picture(120, 80), "photos/4e5f6a7b-b.jpg": .picture(30, 20)],
            pictures: "photos")
        #expect(seen.files == ["0a1b2c3d-a.jpg", "4e5f6a7b-b.jpg"])
        #expect(seen.reading.set.pictures[1].size == Size(width: 30, height: 20) && seen.reading.isComplete)
    }

    @Test(
        "pictures are found under upload paths, with percents, and under the names they had before",
        arguments: [
            ("/data/upload/1/0a1b2c3d-a.jpg", "0a1b2c3d-a.jpg"),
            ("/data/upload/1/0a1b2c3d-Capture_d%C3%A9cran.jpg", "0a1b2c3d-Capture_décran.jpg"),
            ("/data/upload/1/99999999-plain.jpg", "plain.jpg"),
            ("http://localhost:8080/data/local-files/?d=sub%2Fa%20b.jpg", "sub/a b.jpg"),
            ("https://example.org/x/plain.jpg?token=1", "plain.jpg"),
        ])
    func names(link: String, file: String) throws {
        let read = try Self.read(
            Self.task(Self.bolt, data: #""image":\#(JSON(link).text())"#),
            files: Dictionary(
                uniqueKeysWithValues: [
                    "0a1b2c3d-a.jpg", "0a1b2c3d-Capture_décran.jpg", "plain.jpg", "sub/a b.jpg",
                ].map { ("photos/\($0)", .picture(120, 80)) }), pictures: "photos")
        #expect(read.files == [file] && read.boxes == ["bolt 60,8,24,16"])
    }

    @Test(
        "the picture stands under the key the configuration gives it",
        arguments: [
            #""img":"photos/a.jpg""#, #""text":"a note","photo_url":"https://x.org/photos/a.jpg?v=2""#,
            #""ocr":"/data/upload/3/photos/a.JPG","id":"7""#,
        ])
    func keys(data: String) throws {
        let read = try Self.read(Self.task(Self.bolt, data: data))
        #expect(read.boxes == ["bolt 60,8,24,16"] && read.files[0].lowercased().contains("a.jpg"))
    }

    @Test("ellipses and turned rectangles are polygons; what has no outline is counted by type")
    func shapes() throws {
        let read = try Self.read(
            Self.task(
                #"{\#(Self.size),"id":"e","type":"ellipselabels","value":{"x":50,"y":50,"radiusX":10,"radiusY":10,"rotation":90,"ellipselabels":["nut"]}}"#,
                #"{\#(Self.size),"id":"t","type":"rectanglelabels","value":{"x":50,"y":50,"width":10,"height":15,"rotation":90,"rectanglelabels":["nut"]}}"#,
                #"{\#(Self.size),"id":"k","type":"keypointlabels","value":{"x":1,"y":1,"width":1,"keypointlabels":["nut"]}}"#,
                #"{\#(Self.size),"id":"v","type":"vectorlabels","value":{"vertices":[],"vectorlabels":["nut"]}}"#
            ))
        #expect(read.boxes == ["nut 52,28,16,24", "nut 48,40,12,12"])
        #expect(read.rings[1] == "60,40 60,52 48,52 48,40")
        #expect(
            read.sentences == [
                "1 ellipse read as polygons of 64 corners",
                "1 result of type keypointlabels left out: no object with a class",
                "1 result of type vectorlabels left out: no object with a class",
            ])
    }

    @Test("the export JSON_MIN is read")
    func minimal() throws {
        let read = try Self.read(
            #"{"image":"a.jpg","id":1,"label":[{"x":20,"y":25,"width":30,"height":37.5,"rotation":0,"rectanglelabels":["boot"],"original_width":100,"original_height":80}],"light":"night","annotator":1}"#
        )
        #expect(read.files == ["a.jpg"] && read.boxes == ["boot 20,20,30,30"])
    }

    @Test("one bad result among good ones refuses nothing; a task of something else says so")
    func slips() throws {
        let read = try Self.read(
            Self.task(
                Self.bolt,
                Self.bolt.replacing("\"width\":20", with: "\"width\":\"wide\"").replacing("r2", with: "r3")),
            #"{"id":2,"data":{"text":"no picture"}}"#)
        #expect(read.boxes == ["bolt 60,8,24,16"] && read.count("unreadable") == 1)
        #expect(read.count("unreadable-picture") == 1)
        #expect(
            read.reading.unreadable.map(\.description).contains {
                $0.contains("expected a picture's address, under this key or another")
            })
    }
}
