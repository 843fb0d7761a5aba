import Foundation
import SpanielAnnotations
import SpanielImaging
import Testing

@Suite("Pascal VOC sets as people have them")
struct PeoplesVOCTests {
    static let bolt =
        "<object><name>bolt</name><bndbox><xmin>11</xmin><ymin>11</ymin><xmax>40</xmax><ymax>30</ymax></bndbox></object>"

    static func xml(
        _ objects: String = bolt, name: String? = "a.jpg",
        size: String = "<width>120</width><height>80</height>"
    ) -> People.File {
        .text(
            "<annotation><folder>x</folder>\(name.map { "<filename>\($0)</filename>" } ?? "")<size>\(size)<depth>3</depth></size>\(objects)</annotation>"
        )
    }

    @Test("a size of 0, none at all, or one with decimals: the picture's own where it is needed")
    func size() throws {
        for size in [
            "<width>0</width><height>0</height>", "", "<width/><height/>",
            "<width>120.0</width><height>80.0</height>",
        ] {
            let read = try People.read(.voc, ["a.xml": Self.xml(size: size), "a.jpg": .picture(120, 80)])
            #expect(read.reading.set.pictures.map(\.size) == [Size(width: 120, height: 80)])
            #expect(read.boxes == ["bolt 10,10,30,20"] && read.files == ["a.jpg"])
        }
        let blind = People.failure(.voc, ["a.xml": Self.xml(size: "<width>0</width><height>0</height>")])
        #expect(blind.contains("a.xml: line 1") && blind.contains("the picture itself to take it from"))
    }

    @Test("every file that cannot be read is named at once; --skip-bad goes on without them")
    func manyFaults() throws {
        var files: [String: People.File] = [
            "bad1.xml": Self.xml(name: "bad1.jpg", size: "<width>0</width><height>0</height>"),
            "bad2.xml": Self.xml(Self.bolt.replacing("<name>bolt</name>", with: ""), name: "bad2.jpg"),
            "bad3.xml": Self.xml(Self.bolt.replacing("<xmin>11<", with: "<xmin>90<"), name: "bad3.jpg"),
            "bad4.xml": .text("no xml"),
        ]
        for number in 0..<5 { files["ok\(number).xml"] = Self.xml(name: "ok\(number).jpg") }
        for faults in [AnnotationOptions.Faults.refuse, .leaveOutShapes] {
            let all = People.failure(.voc, files, faults: faults)
            for number in 1...4 { #expect(all.contains("bad\(number).xml: line 1"), "\(all)") }
        }
        let read = try People.read(.voc, files, faults: .leaveOut)
        #expect(read.files == (0..<5).map { "ok\($0).jpg" } && read.objects.count == 5)
        #expect(read.reading.unreadable.count == 4 && read.count("unreadable-file") == 2)
        #expect(read.count("emptied-picture") == 2)
    }

    @Test("a name without its ending, with another or in another case is paired by stem, inside JPEGImages")
    func names() throws {
        for name in ["n07_18", "n07_18.png", "N07_18.JPG", "C:\\set\\n07_18.jpg", ""] {
            let files: [String: People.File] = [
                "VOC2007/Annotations/n07_18.xml": Self.xml(name: name),
                "VOC2007/JPEGImages/n07_18.jpg": .picture(120, 80),
            ]
            for (place, pictures) in [
                ("VOC2007", nil), ("VOC2007/Annotations", nil), ("VOC2007", "VOC2007/JPEGImages"),
            ] as [(String, String?)] {
                let read = try People.read(.voc, files, at: place, pictures: pictures)
                #expect(read.files == ["n07_18.jpg"] && read.boxes == ["bolt 10,10,30,20"], "\(name)")
            }
        }
    }

    @Test("a file named like a picture that is there is that picture's, whatever stale name stands inside")
    func stale() throws {
        let read = try People.read(
            .voc,
            [
                "Annotations/1.xml": Self.xml(name: "1.jpg"), "Annotations/2.xml": Self.xml(name: "1.jpg"),
                "Annotations/3.xml": Self.xml(name: "IMG_0001.jpg"), "JPEGImages/1.jpg": .picture(120, 80),
                "JPEGImages/2.jpg": .picture(120, 80), "JPEGImages/3.jpg": .picture(120, 80),
            ])
        #expect(read.files == ["1.jpg", "2.jpg", "3.jpg"])
        #expect(read.count("stale-filename") == 2 && read.sentences.count == 1)
    }

    @Test("polygons are read: supervision's corners count from 1, LabelMe's points from 0")
    func polygons() throws {
        let corners = "<polygon><x1>21</x1><y1>21</y1><x2>50</x2><y2>21</y2><x3>50</x3><y3>50</y3></polygon>"
        let read = try People.read(
            .voc,
            ["a.xml": Self.xml(Self.bolt.replacing("</bndbox>", with: "</bndbox>" + corners))])
        #expect(read.rings == ["20,20 49,20 49,49"] && read.boxes == ["bolt 10,10,30,20"])
        let page = try People.read(
            .voc,
            [
                "a.xml": .text(
                    "<annotation><filename>a.jpg</filename><object><name>boot</name><deleted>0</deleted><polygon><pt><x>20</x><y>20</y></pt><pt><x>50</x><y>20</y></pt><pt><x>50</x><y>50</y></pt></polygon></object><object><name>boot</name><deleted>1</deleted></object><imagesize><nrows>80</nrows><ncols>100</ncols></imagesize></annotation>"
                )
            ])
        #expect(page.rings == ["20,20 50,20 50,50"] && page.count("deleted") == 1)
    }

    @Test("roLabelImg's turned boxes are polygons: center, sides, radians clockwise")
    func turned() throws {
        let object =
            "<object><type>robndbox</type><name>bolt</name><robndbox><cx>60</cx><cy>40</cy><w>40</w><h>20</h><angle>0.5235987755982988</angle></robndbox></object>"
        let read = try People.read(.voc, ["a.xml": Self.xml(object)])
        #expect(read.rings == ["47.68,21.34 82.32,41.34 72.32,58.66 37.68,38.66"])
        #expect(read.boxes == ["bolt 37.68,21.34,44.64,37.32"])
    }

    @Test(
        "pictures that ImageSets lists without an XML show nothing; lists of the unlabelled are passed over")
    func imageSets() throws {
        let read = try People.read(
            .voc,
            [
                "Annotations/a.xml": Self.xml(), "ImageSets/Main/train.txt": .text("a\nb 1\ngone\n"),
                "ImageSets/Main/test.txt": .text("c\n"), "JPEGImages/a.jpg": .picture(120, 80),
                "JPEGImages/b.jpg": .picture(20, 10), "JPEGImages/c.jpg": .picture(20, 10),
            ])
        #expect(
            read.files == ["a.jpg", "b.jpg"]
                && read.reading.set.pictures[1].size == Size(width: 20, height: 10))
        #expect(read.count("listed-missing") == 1)
        #expect(
            read.sentences.contains(
                "ImageSets/Main/test.txt passed over: none of its pictures has an XML file"))
    }

    @Test("boxes over the border are cut; a person's parts are counted")
    func border() throws {
        let over = Self.bolt.replacing("<xmax>40<", with: "<xmax>140.5<").replacing(
            "</object>", with: "<part><name>head</name></part></object>")
        let read = try People.read(.voc, ["a.xml": Self.xml(over + Self.bolt)])
        #expect(read.boxes == ["bolt 10,10,110,20", "bolt 10,10,30,20"])
        #expect(read.count("outside-cut") == 1 && read.count("part") == 1)
        let message = People.failure(.voc, ["a.xml": Self.xml(over)], strict: true)
        #expect(message.contains("120 x 80 pixels, found x from 10 to 140.5, y from 10 to 30"), "\(message)")
        let unnamed = try People.read(
            .voc, ["a.xml": Self.xml(Self.bolt + Self.bolt.replacing(">bolt<", with: "> <"))])
        #expect(unnamed.objects.count == 1 && unnamed.count("unlabelled") == 1)
    }

    /// An object of a class `nut` with its corners as they stand in a file.
    static func nut(_ corners: Int...) -> String {
        let sides = zip(["xmin", "ymin", "xmax", "ymax"], corners).map { "<\($0)>\($1)</\($0)>" }
        return "<object><name>nut</name><bndbox>\(sides.joined())</bndbox></object>"
    }

    @Test(
        "one box that begins at 0 says that all of the set's files count from 0, as globox's and others' do")
    func countsFromZero() throws {
        let corners = "<polygon><x1>21</x1><y1>21</y1><x2>50</x2><y2>21</y2><x3>50</x3><y3>50</y3></polygon>"
        let outlined = Self.bolt.replacing("</bndbox>", with: "</bndbox>" + corners)
        let files = [
            "a.xml": Self.xml(), "b.xml": Self.xml(outlined, name: "b.jpg"),
            "c.xml": Self.xml(Self.nut(30, 0, 60, 20), name: "c.jpg"),
        ]
        for strict in [false, true] {
            let read = try People.read(.voc, files, strict: strict)
            #expect(read.boxes == ["bolt 11,11,29,19", "bolt 11,11,29,19", "nut 30,0,30,20"])
            #expect(read.rings == ["21,21 50,21 50,50"])
            #expect(
                read.sentences == [
                    "1 box beginning at 0: the set counts from 0, not from 1 as Pascal VOC does, and is read so"
                ])
            #expect(read.count("counts-from-0") == 1 && read.reading.isComplete)
        }
    }

    @Test("what is said of a set that counts from 0 is said once, whatever else is the matter with it")
    func countsFromZeroOnce() throws {
        let parts = Self.bolt.replacing("</object>", with: "<part><name>head</name></part></object>")
        let read = try People.read(.voc, ["a.xml": Self.xml(Self.nut(0, 0, 60, 20) + parts)])
        #expect(read.boxes == ["nut 0,0,60,20", "bolt 11,11,29,19"] && read.classes == ["bolt", "nut"])
        #expect(read.count("counts-from-0") == 1 && read.count("part") == 1)
    }

    @Test(
        "a set counts from 1 where no box begins at 0, where others begin further out, or where it has no area",
        arguments: [nut(1, 1, 60, 20), nut(0, 5, 60, 20) + nut(-3, 5, 60, 20), nut(0, 0, 0, 0)])
    func countsFromOne(objects: String) throws {
        let read = try People.read(.voc, ["a.xml": Self.xml(Self.bolt + objects)])
        #expect(read.boxes.first == "bolt 10,10,30,20" && read.count("counts-from-0") == 0)
    }
}
