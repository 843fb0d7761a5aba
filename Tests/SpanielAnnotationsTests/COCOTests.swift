import Foundation
import SpanielAnnotations
import SpanielImaging
import SpanielJSON
import Testing

@Suite("COCO files")
struct COCOTests {
    static let golden = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Goldens/Masks/annotations.json")

    /// A ring around a hole, and two parts.
    static let holed = Mask(width: 20, height: 12) { x, y in
        (2..<9).contains(x) && (2..<9).contains(y) && !(x == 5 && y == 5)
    }
    static let parted = Mask(width: 20, height: 12) { x, y in (x < 3 || x > 15) && y > 4 }

    static func temporary() -> URL {
        FileManager.default.temporaryDirectory.appending(path: "spaniel-\(UUID().uuidString).json")
    }

    @Test("polygons, run lengths as text and as a list are read to pycocotools' masks, areas and boxes")
    func reading() throws {
        let file = try COCO(contentsOf: Self.golden)
        let expected = try JSON(parsing: Data(contentsOf: Self.golden))["expected"]!.array!.map { $0.string! }
        #expect(file.images.count == 4 && file.images[0].fileName == "folder/0 é.jpg")
        #expect(file.categories.map(\.id) == [3, 7] && file.categories.map(\.name) == ["mug", "boot"])
        #expect(file.annotations.count == 12 && expected.count == 12)
        for (annotation, counts) in zip(file.annotations, expected) {
            let size = file.images.first { $0.id == annotation.imageID }!.size
            let mask = annotation.segmentation!.mask(size: size)
            #expect(mask.rle.compressed == counts)
            #expect(Double(mask.area) == annotation.area)
            #expect(mask.box == annotation.box)
            #expect(annotation.score != nil)
        }
        #expect(file.annotations.map(\.isCrowd) == (0..<12).map { $0 % 3 == 2 })
    }

    @Test("what is written is read back the same: ids from 1, holes kept, boxes and areas of the mask")
    func roundTrip() throws {
        var file = COCO(classes: ["mug", "boot"])
        let first = file.addImage("a.jpg", size: Self.holed.size)
        let second = file.addImage("b \"quoted\" é.jpg", size: Self.holed.size)
        file.add(class: "boot", mask: Self.holed, score: 0.91, to: first)
        file.add(class: "teapot", mask: Self.parted, score: 0.5, to: second)
        file.add(class: "mug", mask: nil, box: Box(x1: 0.5, y1: 1, x2: 3, y2: 4.25), score: .nan, to: second)
        #expect(file.images.map(\.id) == [1, 2] && file.annotations.map(\.id) == [1, 2, 3])
        #expect(file.annotations.map(\.categoryID) == [2, 3, 1])
        let url = Self.temporary()
        defer { try? FileManager.default.removeItem(at: url) }
        try file.write(to: url)
        let back = try COCO(contentsOf: url)
        #expect(back == file)
        #expect(back.annotations[0].segmentation!.mask(size: Self.holed.size) == Self.holed)
        #expect(back.annotations[1].segmentation!.mask(size: Self.holed.size) == Self.parted)
        guard case .runLengths = back.annotations[0].segmentation,
            case .polygons(let rings) = back.annotations[1].segmentation
        else {
            Issue.record("a mask with a hole must be run lengths, one without polygons")
            return
        }
        #expect(rings.count == 2)
        #expect(
            back.annotations[2].score == nil && back.annotations[2].segmentation == nil
                && back.annotations[2].area == 2.5 * 3.25)
    }

    @Test("the JSON is what pycocotools accepts: integers, x y width height, counts as text, no crowd")
    func json() throws {
        var file = COCO()
        let image = file.addImage("a.jpg", size: Self.holed.size)
        file.add(class: "boot", mask: Self.holed, score: 0.25, to: image)
        file.add(class: "boot", mask: Self.parted, to: image)
        file.add(class: "boot", mask: Mask(size: Self.holed.size), to: image)
        file.add(class: "boot", mask: nil, box: Box(x1: 1, y1: 1, x2: 1, y2: 5), to: image)
        let url = Self.temporary()
        defer { try? FileManager.default.removeItem(at: url) }
        try file.write(to: url)
        let json = try JSON(parsing: Data(contentsOf: url))
        #expect(json["annotations"]!.array!.count == 2, "an empty mask and an empty box are no objects")
        let expected: JSON = [
            "id": 1, "image_id": 1, "category_id": 1, "bbox": [2, 2, 7, 7], "area": 48, "iscrowd": 0,
            "segmentation": ["size": [12, 20], "counts": JSON(Self.holed.rle.compressed)], "score": 0.25,
        ]
        #expect(json["annotations"]![0] == expected)
        let rings: JSON = [[0, 5, 3, 5, 3, 12, 0, 12], [16, 5, 20, 5, 20, 12, 16, 12]]
        #expect(json["annotations"]![1]!["segmentation"] == rings)
        #expect(json["images"]![0] == ["id": 1, "file_name": "a.jpg", "width": 20, "height": 12])
        #expect(json["categories"] == [["id": 1, "name": "boot", "supercategory": ""]])
    }

    @Test("a file that is wrong is an error with the place, what is expected and what is found")
    func wrong() throws {
        let good = try JSON(parsing: Data(contentsOf: Self.golden))
        func failure(_ change: (inout JSON) -> Void) -> String {
            var json = good
            change(&json)
            do {
                _ = try COCO(parsing: json.bytes(), name: "truth.json")
                return "no error"
            } catch { return error.description }
        }
        func annotation(_ key: String, _ value: JSON?) -> String {
            failure { json in
                var list = json["annotations"]!.array!
                list[1][key] = value
                json["annotations"] = JSON(list)
            }
        }
        #expect(
            annotation("id", nil) == "truth.json: annotations[1].id: expected a whole number, found nothing")
        #expect(
            annotation("id", 100)
                == "truth.json: annotations[1].id: expected an id of its own, found 100 a second time")
        #expect(
            annotation("image_id", 99)
                == "truth.json: annotations[1].image_id: expected the id of one of the images, found 99")
        #expect(
            annotation("category_id", "mug")
                == "truth.json: annotations[1].category_id: expected the id of one of the categories, found \"mug\""
        )
        #expect(
            annotation("bbox", [1, 2, 3])
                == "truth.json: annotations[1].bbox: expected [x, y, width, height], found [1,2,3]")
        #expect(
            annotation("bbox", [1, 2, 3, "four"])
                == "truth.json: annotations[1].bbox[3]: expected a number, found \"four\"")
        #expect(
            annotation("iscrowd", 2)
                == "truth.json: annotations[1].iscrowd: expected a whole number from 0 to 1, found 2")
        #expect(
            annotation("segmentation", [[1, 2, 3, 4]]).contains(
                "annotations[1].segmentation[0]: expected x and y of three corners"))
        #expect(
            annotation("segmentation", ["size": [1, 1], "counts": "1"]).contains(
                "the height and width of its image"))
        #expect(
            annotation("segmentation", 5).contains("annotations[1].segmentation: expected a list, found 5"))
        let size = good["annotations"]![1]!["segmentation"]!["size"]!
        #expect(
            annotation("segmentation", ["size": size, "counts": "oooo"]).contains(
                "annotations[1].segmentation.counts: expected run lengths"))
        #expect(
            annotation("segmentation", ["size": size, "counts": [999_999_999]]).contains(
                "run length 0 is 999999999"))
        #expect(
            annotation("segmentation", ["size": size, "counts": [1, -1]]).contains("run length 1 is -1"))
        #expect(failure { $0["images"] = nil } == "truth.json: images: expected a list, found nothing")
        #expect(failure { $0 = [] } == "truth.json: categories: expected a list, found nothing")
        let huge: JSON = [["id": 10, "file_name": "a", "width": 1_000_000, "height": 1_000_000]]
        #expect(
            failure { $0["images"] = huge }.contains(
                "images[0].height: expected a whole number from 1 to 178"))
        #expect(throws: AnnotationError.self) { try COCO(parsing: Array("{".utf8), name: "x") }
        #expect(throws: AnnotationError.self) { try COCO(contentsOf: URL(filePath: "/no/such/file.json")) }
    }

    /// pycocotools knows an `image_id` alone, so a run's own numbers would pair its objects with other pictures.
    @Test("results of a run name each picture's file, and with the labels given they have the labels' ids")
    func resultsOfARun() throws {
        func box(_ x: Double) -> LabelledObject {
            LabelledObject(classIndex: 0, box: Box(x1: x, y1: 0, x2: x + 2, y2: 2), score: 0.5)
        }
        func set(_ pictures: [(file: String, number: Int?, x: Double)]) -> LabelledSet {
            LabelledSet(
                classes: ["bolt"],
                pictures: pictures.map { file, number, x in
                    var picture = LabelledPicture(
                        file: file, size: Size(width: 20, height: 12), objects: [box(x)])
                    picture.number = number
                    return picture
                })
        }
        let truth = set([("b.jpg", 1, 4), ("a.jpg", 2, 8)])
        let found = set([("photos/a.jpg", nil, 8), ("photos/b.jpg", nil, 4)])
        let url = Self.temporary()
        defer { try? FileManager.default.removeItem(at: url) }
        func ids() throws -> [Int?] {
            try JSON(parsing: Data(contentsOf: url)).array!.map { $0["image_id"]?.int }
        }
        var knowing = AnnotationOptions()
        knowing.truth = truth
        for (options, numbers) in [(AnnotationOptions(), [1, 2]), (knowing, [2, 1])] {
            _ = try found.writing(.cocoResults, to: url, options: options)
            #expect(try ids() == numbers)
            let read = try LabelledSet.read(.cocoResults, at: url, options: knowing).set
            #expect(read.pictures.map { $0.objects.map(\.box.x1) } == [[4], [8]])
        }
    }

    @Test("a file is written whole or not at all")
    func unwritable() throws {
        let url = URL(filePath: "/no/such/folder/out.json")
        #expect(throws: AnnotationError.self) { try COCO().write(to: url) }
        #expect(!FileManager.default.fileExists(atPath: url.path()))
    }
}
