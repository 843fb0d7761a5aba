import Foundation
import SpanielAnnotations
import SpanielImaging
import Testing

@Suite("YOLO sets as people have them")
struct PeoplesYOLOTests {
    static let two = "0 0.4 0.5 0.4 0.6\n1 0.8 0.5 0.2 0.4\n"
    static let boxes = ["bolt 24,16,48,48", "nut 84,24,24,32"]
    static let names = "names: [bolt, nut]\n"

    /// Pictures of 120 x 80 with two objects each, where a layout has them.
    static func pairs(_ places: [(String, String)]) -> [String: People.File] {
        var files: [String: People.File] = [:]
        for (picture, labels) in places {
            files[picture] = .picture(120, 80)
            files[labels] = .text(two)
        }
        return files
    }

    @Test(
        "splits are found where Ultralytics finds them, and where another machine had them",
        arguments: [
            "train: ../train/images\nval: ../valid/images\n", "train: train/images\nval: valid/images\n",
            "path: ../datasets/mine\ntrain: train/images\nval: valid/images\n",
            "train: /home/me/mine/train/images\nval: /home/me/mine/valid/images\n",
            "train: C:\\Users\\me\\mine\\train\\images\nval: C:/mine/valid/images/\n",
            "path: /content/mine\ntrain: ./train/images\nvalidation: valid/images\n",
            "train: [train/images, valid/images]\n", "train: train/images\nval: ../val/images\n",
        ])
    func splits(yaml: String) throws {
        var files = Self.pairs([
            ("train/images/a.jpg", "train/labels/a.txt"), ("valid/images/b.jpg", "valid/labels/b.txt"),
        ])
        files["data.yaml"] = .text(yaml + Self.names)
        let read = try People.read(.yolo, files)
        #expect(read.files == ["train/images/a.jpg", "valid/images/b.jpg"])
        #expect(read.boxes == Self.boxes + Self.boxes && read.sentences == [])
    }

    @Test("a split that is not there is an error that names it; of the test split it is said")
    func missingSplit() throws {
        var files = Self.pairs([("train/images/a.jpg", "train/labels/a.txt")])
        files["data.yaml"] = .text("train: train/images\nval: ../gone/images\n" + Self.names)
        let found = People.failure(.yolo, files)
        #expect(
            found.contains("data.yaml: val: expected a folder of pictures")
                && found.contains("../gone/images"))
        files["data.yaml"] = .text("train: train/images\ntest: ../test/images\n" + Self.names)
        let read = try People.read(.yolo, files)
        #expect(read.boxes == Self.boxes)
        #expect(read.sentences == ["the split test is not there and was left out: ../test/images"])
        #expect(!read.reading.isComplete)
    }

    @Test("without splits the pictures are in images, in train and val, or beside their labels")
    func noSplits() throws {
        for (picture, labels, found) in [
            ("images/a.jpg", "labels/a.txt", "images/a.jpg"),
            ("train/images/a.jpg", "train/labels/a.txt", "train/images/a.jpg"),
            ("a.jpg", "a.txt", "a.jpg"),
        ] {
            var files = Self.pairs([(picture, labels)])
            files["data.yaml"] = .text("nc: 2\n" + Self.names)
            let read = try People.read(.yolo, files)
            #expect(read.files == [found] && read.boxes == Self.boxes)
        }
    }

    @Test(
        "a yaml of another name, and lists of classes beside pictures or labels, describe a set",
        arguments: [
            ("coco8.yaml", "train: images\nnames: {0: bolt, 1: nut}\n"), ("classes.txt", "bolt\r\nnut\r\n"),
            ("labels/classes.txt", "bolt\nnut\n"), ("images/classes.txt", "bolt\nnut\n"),
            ("obj.data", "classes = 2\nnames = obj.names\ntrain = list.txt\n"),
        ])
    func descriptions(name: String, text: String) throws {
        var files = Self.pairs([("images/a.jpg", "labels/a.txt")])
        files[name] = .text(text)
        files["hyp.yaml"] = .text("lr0: 0.01\n")
        if name == "obj.data" {
            files["obj.names"] = .text("bolt\nnut\n")
            files["list.txt"] = .text("images/a.jpg\n")
        }
        let read = try People.read(.yolo, files)
        #expect(read.classes == ["bolt", "nut"] && read.boxes == Self.boxes)
    }

    @Test("labelImg's folder: pictures, labels and classes.txt together")
    func labelImg() throws {
        var files = Self.pairs([("a.jpg", "a.txt"), ("b.png", "b.txt")])
        files["classes.txt"] = .text("bolt\nnut\n")
        let read = try People.read(.yolo, files)
        #expect(read.files == ["a.jpg", "b.png"] && read.boxes == Self.boxes + Self.boxes)
    }

    @Test("darknet's obj.data, as CVAT's YOLO 1.1 writes it: its paths begin with data/")
    func darknet() throws {
        var files = Self.pairs([("obj_train_data/f0.jpg", "obj_train_data/f0.txt")])
        files["obj.data"] = .text(
            "classes = 2\ntrain = data/train.txt\nnames = data/obj.names\nbackup = backup/\n")
        files["obj.names"] = .text("bolt\nnut\n")
        files["train.txt"] = .text("data/obj_train_data/f0.jpg\n")
        for place in ["", "obj.data"] {
            let read = try People.read(.yolo, files, at: place)
            #expect(read.files == ["obj_train_data/f0.jpg"] && read.boxes == Self.boxes)
        }
    }

    @Test("lists of pictures may begin with folders that are not here, and hold Windows' slashes")
    func lists() throws {
        for line in ["data/images/train/f.jpg", "./images/train/f.jpg", "D:\\set\\images\\train\\f.jpg"] {
            var files = Self.pairs([("images/train/f.jpg", "labels/train/f.txt")])
            files["train.txt"] = .text("\(line)\r\n")
            files["data.yaml"] = .text("path: .\ntrain: train.txt\n" + Self.names)
            let read = try People.read(.yolo, files)
            #expect(read.files == ["images/train/f.jpg"] && read.boxes == Self.boxes, "\(line)")
        }
    }

    @Test(
        "of a pose the box is read, and its points are counted",
        arguments: [
            ("[1, 2]", "0 0.4 0.5 0.4 0.6 0.25 0.3", 1), ("[2, 2]", "0 0.4 0.5 0.4 0.6 0.25 0.3 0.55 0.7", 2),
            ("[2, 3]", "0 0.4 0.5 0.4 0.6 0.25 0.3 2 0.55 0.7 2", 2),
            ("[1, 3]", "0 0.4 0.5 0.4 0.6 0.91 0.26 1", 1),
            ("[1, 2]", "0 0.4 0.5 0.4 0.6 0.25 0.3 0.875", 1),
        ])
    func pose(shape: String, line: String, points: Int) throws {
        let read = try People.read(
            .yolo,
            [
                "data.yaml": .text(
                    "path: .\ntrain: images\nval: images\nkpt_shape: \(shape)\nnames:\n  0: arrow\n"),
                "images/a.jpg": .picture(400, 300), "labels/a.txt": .text(line),
            ])
        #expect(read.boxes == ["arrow 80,60,160,180"] && read.rings == [])
        #expect(read.count("keypoints") == points && !read.reading.isComplete)
    }

    @Test("an oriented box is its four corners and the box around them")
    func oriented() throws {
        var files = Self.pairs([("images/a.jpg", "labels/a.txt")])
        files["labels/a.txt"] = .text("1 0.25 0.25 0.5 0.375 0.5 0.5 0.25 0.5\n")
        files["data.yaml"] = .text("train: images\n" + Self.names)
        let read = try People.read(.yolo, files)
        #expect(read.rings == ["30,20 60,30 60,40 30,40"] && read.boxes == ["nut 30,20,30,20"])
    }

    @Test("a line that cannot be read is left out and counted, one over the border is cut")
    func lines() throws {
        var files = Self.pairs([("images/a.jpg", "labels/a.txt"), ("images/b.jpg", "labels/b.txt")])
        files["labels/a.txt"] = .text(
            "0 0.4 0.5 0.4 0.6\nbolt 0.1 0.1 0.1 0.1\n0 1 1 0.5 0.5\n9 0.5 0.5 0.1 0.1\n0 320 240 10 10\n")
        files["labels/b.txt"] = .text("x\n")
        files["data.yaml"] = .text("train: images\n" + Self.names)
        let read = try People.read(.yolo, files)
        #expect(read.files == ["images/a.jpg"] && read.boxes == ["bolt 24,16,48,48", "bolt 90,60,30,20"])
        #expect(read.count("unreadable") == 4 && read.count("outside-cut") == 1)
        #expect(read.count("emptied-picture") == 1, "b.jpg would count as one that shows nothing")
        let all = People.failure(.yolo, files, faults: .refuse)
        for place in ["a.txt: line 2", "a.txt: line 4", "a.txt: line 5", "b.txt: line 1"] {
            #expect(all.contains(place), "\(all)")
        }
    }

    @Test("a folder of pictures without any label file is an error that says where labels were looked for")
    func noLabels() {
        let found = People.failure(
            .yolo,
            ["data.yaml": .text("train: images\n" + Self.names), "images/a.jpg": .picture(9, 9)])
        #expect(
            found.contains("expected a label file for a picture at least, such as labels/a.txt"), "\(found)")
    }

    @Test("of a set without names the number of classes is enough, as it is to Ultralytics")
    func numbered() throws {
        var files = Self.pairs([("images/a.jpg", "labels/a.txt")])
        files["data.yaml"] = .text("train: images\nnc: 2\n")
        #expect(try People.read(.yolo, files).classes == ["class_0", "class_1"])
    }
}
