import Foundation
import SpanielAnnotations
import SpanielFiles
import SpanielImaging
import SpanielTestSupport
import Testing

/// 10,000 label files with something wrong in them.
@Suite("mutated label files")
struct MutationTests {
    static let rounds = 10_000 / seeds.count + 1
    static let seeds = AnnotationFormat.allCases.flatMap { format in
        [Run(format: format, seed: 11), Run(format: format, seed: 12)]
    }

    struct Run: Sendable {
        let format: AnnotationFormat
        let seed: UInt64
    }

    /// Files with every shape a format has, and which of them are mutated.
    static func files(_ format: AnnotationFormat) throws -> (
        files: [String: [UInt8]], mutated: [String], place: String
    ) {
        func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
        let photo = blank(Size(width: 120, height: 80))
        switch format {
        case .coco:
            let rle =
                #"{"size":[80,120],"counts":"\#(Mask(box: Box(x1: 1, y1: 2, x2: 30, y2: 40), size: Size(width: 120, height: 80)).rle.compressed)"}"#
            let list = [
                #""bbox":[10,10,30,20],"area":600,"segmentation":[[10,10,40,10,40,30,10,30]]"#,
                #""bbox":[-3.5,10,30,20],"iscrowd":false"#,
                #""bbox":[10,10,30,20],"segmentation":\#(rle),"iscrowd":1"#,
                #""segmentation":{"size":[80,120],"counts":[100,20,9480]}"#,
                #""bbox":["1","2.5",3,4],"segmentation":[1,2,30,4,5,60]"#,
                #""bbox":[40,30,40,20],"attributes":{"rotation":30.0}"#,
            ].enumerated().map {
                #"{"id":\#($0.offset + 1),"image_id":"x","category_id":\#($0.offset % 2 + 1),\#($0.element)}"#
            }
            return (
                [
                    "a.json": bytes(
                        #"{"info":{"a":[1]},"images":[{"id":"x","file_name":"p\\a.jpg","width":120,"height":80},{"id":2,"file_name":"a.jpg"}],"annotations":[\#(list.joined(separator: ","))],"categories":[{"id":1,"name":"bolt"},{"id":2,"name":"nut"}]}"#
                    ), "a.jpg": photo,
                ], ["a.json"], "a.json"
            )
        case .cocoResults:
            return (
                [
                    "r.json": bytes(
                        #"[{"image_id":1,"category_id":1,"bbox":[10,10,30,20],"score":0.5},{"image_id":"a","category_id":"mug","bbox":[1,2,3,4],"score":"0.25","segmentation":[[10,10,40,10,40,30]]}]"#
                    )
                ], ["r.json"], "r.json"
            )
        case .yolo:
            return (
                [
                    "data.yaml": bytes(
                        "path: ../x\ntrain: ../images\nval: [list.txt]\nkpt_shape: [1, 2]\nnames: &n\n  0: \"bolt\"\n  1: 'nut'\nother: *n\n"
                    ),
                    "list.txt": bytes("data/images/a.jpg\nC:\\x\\images\\b.jpg\n"),
                    "labels/a.txt": bytes("0 0.4 0.5 0.4 0.6 0.25 0.3\n1 0.9 0.9 0.5 0.5 0.25 0.3 0.875\n"),
                    "labels/b.txt": bytes("1 0.5 0.5 1 1\n"), "images/a.jpg": photo, "images/b.jpg": photo,
                ], ["data.yaml", "list.txt", "labels/a.txt", "labels/b.txt"], ""
            )
        case .voc:
            return (
                [
                    "Annotations/a.xml": bytes(
                        "<?xml version=\"1.0\"?><annotation><filename>b</filename><size><width>120</width><height>80</height></size><object><name>bolt</name><bndbox><xmin>11</xmin><ymin>11</ymin><xmax>140</xmax><ymax>30</ymax></bndbox><polygon><x1>21</x1><y1>21</y1><x2>50</x2><y2>21</y2><x3>50</x3><y3>50</y3></polygon></object><object><name>n &amp; m</name><robndbox><cx>60</cx><cy>40</cy><w>40</w><h>20</h><angle>0.5</angle></robndbox><part/></object></annotation>"
                    ), "ImageSets/Main/train.txt": bytes("a\nb -1\n"), "JPEGImages/a.jpg": photo,
                    "JPEGImages/b.jpg": photo,
                ], ["Annotations/a.xml", "ImageSets/Main/train.txt"], ""
            )
        case .labelme:
            let mask = Data(PNG.encode(bits: [0xF0, 0x80], width: 4, height: 2)).base64EncodedString()
            return (
                [
                    "a.json": bytes(
                        #"{"version":"5","flags":{},"shapes":[{"label":"bolt","points":[[10,10],[40,10],[140,30]],"group_id":1,"shape_type":"polygon"},{"label":"bolt","points":[[50,10],[60,10],[60,30]],"group_id":1,"shape_type":"polygon"},{"label":"nut","points":[[40,20],[70,35],[60,55],[30,40]],"shape_type":"rotation"},{"label":"x","points":[[9,9],[12,9]],"shape_type":"circle"},{"label":"x","points":[[9,9],[12,12]],"shape_type":"rectangle"},{"label":"m","points":[[1,1],[4,2]],"shape_type":"mask","mask":"\#(mask)"},{"label":"l","points":[[9,9],[12,9]],"shape_type":"line"}],"imagePath":"..\\p\\a.jpg","imageData":null,"imageHeight":80,"imageWidth":120}"#
                    ), "a.jpg": photo,
                ], ["a.json"], ""
            )
        case .cvat:
            return (
                [
                    "a.xml": bytes(
                        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations><version>1.1</version><meta><task><labels><label><name>bolt</name></label></labels></task></meta><image id=\"0\" name=\"a.jpg\" subset=\"Train\" width=\"120\" height=\"80\"><box label=\"bolt\" xtl=\"10\" ytl=\"10\" xbr=\"130\" ybr=\"20\" rotation=\"30.5\"><attribute name=\"score\">0.5</attribute></box><ellipse label=\"bolt\" cx=\"9\" cy=\"9\" rx=\"12\" ry=\"3\"/><polygon label=\"bolt\" points=\"1,1;9,1;9,9\" group_id=\"2\"/><polygon label=\"bolt\" points=\"11,1;19,1;19,9\" group_id=\"2\"/><mask label=\"bolt\" left=\"1\" top=\"2\" width=\"4\" height=\"3\" rle=\"0, 4, 4, 4\"/><tag label=\"bolt\"/></image></annotations>"
                    )
                ], ["a.xml"], "a.xml"
            )
        case .labelStudio:
            let size = #""original_width":120,"original_height":80"#
            let rle = BrushRLE.encode(
                Mask(box: Box(x1: 1, y1: 2, x2: 30, y2: 40), size: Size(width: 120, height: 80)))
            let results = [
                #"{\#(size),"id":"a","type":"rectanglelabels","value":{"x":50,"y":10,"width":70,"height":20,"rotation":12,"rectanglelabels":["bolt"]}}"#,
                #"{\#(size),"id":"b","type":"polygon","value":{"points":[[60,10],[80,10],[80,40]]}}"#,
                #"{\#(size),"id":"b","type":"labels","value":{"labels":["nut"]}}"#,
                #"{\#(size),"id":"c","type":"ellipselabels","value":{"x":50,"y":50,"radiusX":10,"radiusY":10,"rotation":3,"ellipselabels":["nut"]}}"#,
                #"{\#(size),"id":"d","type":"brushlabels","value":{"format":"rle","rle":[\#(rle.map(String.init).joined(separator: ","))],"brushlabels":["nut"]}}"#,
                #"{"id":"e","type":"choices","value":{"choices":["x"]}}"#,
            ].joined(separator: ",")
            return (
                [
                    "a.json": bytes(
                        #"[{"id":1,"data":{"image":"/data/upload/1/0a1b2c3d-a%20b.jpg"},"annotations":[{"result":[\#(results)],"was_cancelled":false}],"predictions":[]},{"image":"a.jpg","label":[{"x":20,"y":25,"width":30,"height":37.5,"rectanglelabels":["boot"],\#(size)}]}]"#
                    ), "a.jpg": photo,
                ], ["a.json"], "a.json"
            )
        case .masks:
            let mask = [UInt8](
                Mask(box: Box(x1: 1, y1: 2, x2: 30, y2: 40), size: Size(width: 120, height: 80)).pngData())
            return (["a.1.bolt.mask.png": mask, "a.2.n%75t.mask.png": mask], ["a.1.bolt.mask.png"], "")
        }
    }

    static let tokens = [
        "-1", "1e308", "-1e308", "99999999999999999999", "nan", "inf", "null", "true", "[]", "{}", "[[", "\"",
        "<", "</a>", "&x;", "&#0;", "0", "", "-", ".", "1e-400", "\0", "🌱", "..", "/", "\\", "%", "*n", "&n",
        "13000", "1.0", "\n", "- ", ": ", "!!x", "\u{FEFF}", "/dev/zero", "?", "9223372036854775807",
    ].map { Array($0.utf8) }

    static func mutated(_ bytes: [UInt8], _ random: inout Generator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 0...12, using: &random))
            switch Int.random(in: 0...6, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
            case 2: bytes.removeSubrange(place..<end)
            case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 4: bytes.removeSubrange(place...)
            case 5:
                let token = tokens[Int.random(in: tokens.indices, using: &random)]
                bytes.replaceSubrange(place..<end, with: token)
            default:
                // A number becomes another: most faults of people are of this kind.
                guard let digit = bytes[place...].firstIndex(where: { (48...57).contains($0) }) else { break }
                let rest = bytes[digit...].firstIndex { !(46...57).contains($0) } ?? bytes.count
                bytes.replaceSubrange(
                    digit..<rest, with: tokens[Int.random(in: tokens.indices, using: &random)])
            }
        }
        return bytes
    }

    @Test(
        "a mutated file is an error or a set whose objects are inside their pictures: no trap, no hang, no memory beyond reason",
        arguments: seeds)
    func mutations(run: Run) throws {
        let (format, seed) = (run.format, run.seed)
        var random = Generator(seed: seed)
        let (files, names, place) = try Self.files(format)
        let folder = try ScratchFolder()
        for (name, bytes) in files { try folder.write(name, bytes) }
        var options = AnnotationOptions()
        options.truth = LabelledSet(
            classes: ["mug"], pictures: [LabelledPicture(file: "a.jpg", size: Size(width: 120, height: 80))])
        let url = place.isEmpty ? folder.url : folder[place]
        var (errors, sets) = (0, 0)
        var slowest = Duration.zero
        for round in 0..<Self.rounds {
            let name = names[Int.random(in: names.indices, using: &random)]
            guard let original = files[name] else { continue }
            try folder.write(name, Self.mutated(original, &random))
            options.faults = [.refuse, .leaveOutShapes, .leaveOut][round % 3]
            options.isStrict = round % 7 == 0
            let start = ContinuousClock.now
            do throws(AnnotationError) {
                let reading = try LabelledSet.reading(format, at: url, options: options)
                sets += 1
                for picture in reading.set.pictures where format != .cocoResults {
                    for object in picture.objects {
                        #expect(object.box.isInside(picture.size), "\(format) \(seed) \(round) \(object.box)")
                    }
                }
            } catch {
                errors += 1
                #expect(!error.description.isEmpty)
            }
            slowest = max(slowest, ContinuousClock.now - start)
            try folder.write(name, original)
        }
        #expect(errors > 0 && sets > 0 && errors + sets == Self.rounds)
        #expect(slowest < .seconds(20))
    }
}

extension Box {
    fileprivate func isInside(_ size: Size) -> Bool {
        x1 >= 0 && y1 >= 0 && x2 <= Double(size.width) && y2 <= Double(size.height) && x1 <= x2 && y1 <= y2
    }
}
