import Foundation
import SpanielAnnotations
import SpanielImaging
import SpanielJSON
import Testing

@Suite("COCO files as people have them")
struct PeoplesCOCOTests {
    /// A file of one picture of 120 x 80 and the classes bolt and nut.
    static func file(_ annotations: String..., image: String? = nil, categories: String? = nil) -> People.File
    {
        .text(
            """
            {"images":[\(image ?? #"{"id":1,"file_name":"a.jpg","width":120,"height":80}"#)],
            "annotations":[\(annotations.joined(separator: ","))],
            "categories":\(categories ?? #"[{"id":1,"name":"bolt"},{"id":2,"name":"nut"}]"#)}
            """)
    }

    static let box = #""bbox":[10,10,30,20]"#

    static func annotation(_ more: String, id: String = "1", image: String = "1", category: String = "1")
        -> String
    {
        #"{"id":\#(id),"image_id":\#(image),"category_id":\#(category),\#(more)}"#
    }

    static func read(_ annotations: String...) throws -> People.Read {
        try People.read(
            .coco, ["a.json": file(annotations.joined(separator: ","))], at: "a.json")
    }

    @Test(
        "a ring may stand without its brackets, as pairs of x and y, or with its numbers as text",
        arguments: [
            "[10,10,40,10,40,30,10,30]", "[[10,10],[40,10],[40,30],[10,30]]",
            "[[[10,10],[40,10],[40,30],[10,30]]]", #"["10","10.0","40",10,40,30,10,"30.000"]"#,
            "[[10,10,40,10,40,30,10,30],[]]",
        ])
    func flatRing(ring: String) throws {
        let read = try Self.read(Self.annotation("\(Self.box),\"area\":600,\"segmentation\":\(ring)"))
        #expect(read.rings == ["10,10 40,10 40,30 10,30"] && read.boxes == ["bolt 10,10,30,20"])
        #expect(read.sentences == [])
    }

    @Test("ids are texts, decimals or anything else: numbers stay, others get the next that is free")
    func ids() throws {
        for (id, number) in [
            ("\"1541700\"", 1_541_700), ("\"frame_001\"", 1), ("1.0", 1), ("7.0", 7),
            ("{\"$oid\":\"6f\"}", 1),
        ] {
            let read = try People.read(
                .coco,
                [
                    "a.json": Self.file(
                        Self.annotation(
                            Self.box, id: id == "1.0" ? "3.0" : "1", image: id, category: "\"c\""),
                        image: #"{"id":\#(id),"file_name":"a.jpg","width":120,"height":80}"#,
                        categories: #"[{"id":"c","name":"bolt"},{"id":1,"name":"nut"}]"#)
                ], at: "a.json")
            #expect(
                read.boxes == ["bolt 10,10,30,20"] && read.reading.set.pictures[0].number == number, "\(id)")
            #expect(read.reading.set.classes.map(\.number) == [2, 1])
        }
        let results = try People.read(
            .cocoResults,
            ["r.json": .text(#"[{"image_id":"1.0","category_id":"1","bbox":["1",2,3,4.0],"score":"0.5"}]"#)],
            at: "r.json",
            truth: LabelledSet(
                classes: ["bolt"], pictures: [LabelledPicture(file: "a.jpg", size: Size(width: 9, height: 9))]
            ))
        #expect(results.boxes == ["bolt 1,2,3,4"] && results.objects[0].score == 0.5)
    }

    @Test("a size that is missing or impossible is the picture's own; without the picture it is said")
    func noSize() throws {
        for size in [
            "", #","width":-1,"height":-1"#, #","width":0,"height":0"#, #","width":null,"height":80"#,
        ] {
            let files: [String: People.File] = [
                "labels/a.json": Self.file(
                    Self.annotation(Self.box), image: #"{"id":1,"file_name":"a.jpg"\#(size)}"#),
                "photos/a.jpg": .picture(120, 80),
            ]
            let read = try People.read(.coco, files, at: "labels/a.json", pictures: "photos")
            #expect(read.reading.set.pictures.map(\.size) == [Size(width: 120, height: 80)])
            #expect(read.boxes == ["bolt 10,10,30,20"] && read.sentences == [])
            let blind = try People.read(.coco, files, at: "labels/a.json")
            #expect(blind.files == [] && blind.count("unsized-picture") == 1)
            #expect(blind.sentences[0].contains("say with --pictures FOLDER where it lies"))
            let strict = People.failure(.coco, files, at: "labels/a.json", strict: true)
            #expect(strict.contains("images[0].width: expected a size, or the picture itself"), "\(strict)")
        }
        let text = try People.read(
            .coco,
            [
                "a.json": Self.file(
                    Self.annotation(Self.box),
                    image: #"{"id":1,"file_name":"a.jpg","width":"120","height":80.0}"#)
            ], at: "a.json")
        #expect(text.reading.set.pictures[0].size == Size(width: 120, height: 80))
    }

    @Test("a picture without a file name is known by its path or its address")
    func paths() throws {
        for key in ["path", "coco_url"] {
            let read = try People.read(
                .coco,
                [
                    "a.json": Self.file(
                        Self.annotation(Self.box),
                        image: #"{"id":1,"\#(key)":"/datasets/mine/a.jpg","width":120,"height":80}"#),
                    "photos/a.jpg": .picture(120, 80),
                ], at: "a.json", pictures: "photos")
            #expect(read.files == ["a.jpg"] && read.boxes == ["bolt 10,10,30,20"])
        }
    }

    @Test("true and false stand for 1 and 0, and numbers may be texts")
    func booleans() throws {
        let read = try Self.read(
            Self.annotation(
                #""bbox":[20,20,"30.0000","30.0000"],"area":"900","iscrowd":false,"isbbox":false"#),
            Self.annotation(#""bbox":[20,20,30,30],"iscrowd":true"#, id: "2"),
            Self.annotation(#""bbox":[20,20,30,30],"iscrowd":"1""#, id: "3"))
        #expect(read.objects.map(\.isCrowd) == [false, true, true] && read.objects[0].area == 900)
        #expect(read.boxes == [String](repeating: "bolt 20,20,30,30", count: 3))
    }

    @Test("a box over the border is cut and counted, one wholly outside is left out and counted")
    func outside() throws {
        let read = try Self.read(
            Self.annotation(#""bbox":[-3.4,10,30,20],"area":600"#),
            Self.annotation(#""bbox":[100,60,24,25.5],"area":600"#, id: "2"),
            Self.annotation(#""bbox":[130,60,24,25.5],"area":600"#, id: "3"),
            Self.annotation(
                #""bbox":[110,10,20,10],"area":200,"segmentation":[[110,10,130,10,130,20,110,20]]"#, id: "4"))
        #expect(
            read.boxes == ["bolt 0,10,26.6,20", "bolt 100,60,20,20", "bolt 110,10,10,10"]
                && read.rings == ["110,10 120,10 120,20 110,20"])
        #expect(read.objects.map(\.area) == [532, 400, 100], "areas are those of what is left")
        #expect(read.count("outside-cut") == 3 && read.count("outside") == 1)
        #expect(
            read.sentences == [
                "3 labels cut off at the picture's border",
                "1 label left out: wholly outside the picture",
            ])
        let strict = People.failure(
            .coco, ["a.json": Self.file(Self.annotation(#""bbox":[-3.4,10,30,20]"#))], at: "a.json",
            strict: true)
        #expect(strict.contains("expected a box inside the picture's 120 x 80 pixels"))
    }

    @Test("one label that cannot be read is left out and counted; refused, all of them are named at once")
    func slips() throws {
        let annotations = [
            Self.annotation(Self.box), Self.annotation(#""bbox":[1,2,3]"#, id: "2"),
            Self.annotation(#""bbox":null"#, id: "3"), Self.annotation(Self.box, id: "4", image: "9"),
            Self.annotation(Self.box, id: "5", category: "7"),
            Self.annotation(#""bbox":[1,2,3,4],"segmentation":[[1,2,3,4]]"#, id: "6"),
            Self.annotation(Self.box, id: "1"), "5",
        ].joined(separator: ",")
        let read = try Self.read(annotations)
        #expect(read.boxes == ["bolt 10,10,30,20", "bolt 10,10,30,20"])
        #expect(Set(read.objects.map(\.number)).count == 2, "an id of its own")
        #expect(read.count("unreadable") == 3 && read.count("unlisted-picture") == 2)
        #expect(read.count("unlisted-class") == 1 && read.count("renumbered") == 1)
        #expect(read.reading.unreadable.count == 6)
        let all = People.failure(
            .coco, ["a.json": Self.file(annotations)], at: "a.json", faults: .refuse)
        for place in 1...7 { #expect(all.contains("annotations[\(place)]"), "\(all)") }
    }

    @Test("a turned box of CVAT's COCO export is a polygon: its angle is an attribute")
    func turned() throws {
        let read = try Self.read(
            Self.annotation(
                #""bbox":[40,30,40,20],"area":800,"segmentation":[],"attributes":{"occluded":false,"rotation":30.0}"#
            ))
        #expect(read.rings == ["47.68,21.34 82.32,41.34 72.32,58.66 37.68,38.66"])
        #expect(read.boxes == ["bolt 37.68,21.34,44.64,37.32"])
    }

    @Test(
        "a file of something else says what it is",
        arguments: [
            (
                #"{"images":[{"id":1,"file_name":"a.jpg","width":9,"height":9}],"annotations":[{"image_id":1,"id":1,"caption":"A boot."}]}"#,
                "found captions of pictures"
            ),
            (
                #"{"images":[{"id":1,"file_name":"a.jpg","width":9,"height":9}],"categories":[]}"#,
                "the file lists pictures alone, without labels"
            ),
            (#"{"images":[{"id":1,"file_name":"a.jpg"}]}"#, "the file lists pictures alone"),
            (#"[{"image_id":1,"category_id":1,"bbox":[1,2,3,4],"score":1}]"#, "read it as coco-results"),
            (#"[{"id":1,"data":{"image":"a.jpg"},"annotations":[]}]"#, "read them as labelstudio:FILE"),
            (#"{"version":"5","shapes":[],"imagePath":"a.jpg"}"#, "read the folder as labelme:FOLDER"),
            (
                #"{"images":[],"categories":[],"annotations":[{"image_id":1,"segments_info":[]}]}"#,
                "panoptic segments"
            ),
        ])
    func otherFiles(text: String, message: String) {
        let found = People.failure(.coco, ["a.json": .text(text)], at: "a.json")
        #expect(found.contains(message), "\(found)")
    }

    @Test("results go by the truth's ids, else by its file names, with or without their endings")
    func resultsByName() throws {
        var truth = LabelledSet(classes: ["bolt"])
        truth.classes[0].number = 1
        for (number, file) in [(41, "photos/frame_001.jpg"), (42, "photos/000139.jpg")] {
            truth.pictures.append(
                LabelledPicture(file: file, size: Size(width: 120, height: 80), number: number))
        }
        let list = ["\"frame_001\"", "\"frame_001.jpg\"", "\"photos/frame_001.jpg\"", "41", "139", "\"42\""]
            .map {
                #"{"image_id":\#($0),"category_id":1,"bbox":[1,2,3,4],"score":0.5}"#
            }.joined(separator: ",")
        let read = try People.read(.coco, ["r.json": .text("[\(list)]")], at: "r.json", truth: truth)
        #expect(read.reading.set.pictures.map(\.objects.count) == [4, 2])
        #expect(read.count("result-by-name") == 4)
    }

    @Test(
        "pictures are found under paths of other machines",
        arguments: [
            ("C:\\Users\\me\\set\\train\\a b.jpg", "train/a b.jpg"),
            ("/home/me/set/train/a b.jpg", "train/a b.jpg"), ("train/a%20b.jpg", "train/a b.jpg"),
            ("s3://bucket/x/train/a%20b.jpg?v=1", "train/a b.jpg"), ("train/a b.png", "train/a b.jpg"),
            ("TRAIN/A B.JPG", "train/a b.jpg"), ("a b", "train/a b.jpg"), ("train/a b.jpg", "train/a b.jpg"),
            ("val/c.jpg", "val/c.jpg"), ("c.jpg", "c.jpg"), ("x/c.jpg", "x/c.jpg"),
        ])
    func names(written: String, found: String) throws {
        let read = try People.read(
            .coco,
            [
                "a.json": Self.file(
                    Self.annotation(Self.box),
                    image: #"{"id":1,"file_name":\#(JSON(written).text()),"width":120,"height":80}"#),
                "photos/train/a b.jpg": .picture(120, 80), "photos/train/c.jpg": .picture(120, 80),
                "photos/val/c.jpg": .picture(120, 80), "a b.jpg": .picture(1, 1),
            ], at: "a.json", pictures: "photos")
        #expect(read.files == [found])
        // Of two files of one name none is taken.
        #expect(read.count("picture-ambiguous") == (["c.jpg", "x/c.jpg"].contains(written) ? 1 : 0))
    }
}
