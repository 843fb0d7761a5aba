import SpanielDrawing
import SpanielImaging
import SpanielTestSupport
import Testing

@Suite("Drawing")
struct DrawingTests {
    static func plain(_ width: Int, _ height: Int, _ value: UInt8 = 90) -> Picture {
        Picture(rgb: [UInt8](repeating: value, count: width * height * 3), width: width, height: height)
    }

    static func pixel(_ picture: Picture, _ x: Int, _ y: Int) -> [UInt8] {
        Array(picture.pixels[(y * picture.width + x) * 3..<(y * picture.width + x) * 3 + 3])
    }

    @Test("a mask tints its inside, draws its rim in the object's colour, and leaves the rest alone")
    func masks() {
        let picture = Self.plain(200, 150)
        let mask = Mask(box: Box(x1: 50, y1: 40, x2: 120, y2: 100), size: picture.size)
        let color = Palette.Color(red: 250, green: 10, blue: 20)
        let drawn = Drawing.overlay(on: picture, objects: [.init(mask: mask, color: color)])
        let inside = Self.pixel(drawn, 85, 70)
        #expect(inside[0] > 90 && inside[0] < 250 && inside[1] < 90 && inside[2] < 90)
        #expect(Self.pixel(drawn, 50, 70) == [250, 10, 20] && Self.pixel(drawn, 85, 99) == [250, 10, 20])
        for (x, y) in [(0, 0), (45, 70), (125, 70), (85, 35), (85, 105), (199, 149)] {
            #expect(Self.pixel(drawn, x, y) == [90, 90, 90])
        }
        #expect(Drawing.overlay(on: picture, objects: []) == picture)
    }

    @Test("the first object lies on top")
    func order() {
        let picture = Self.plain(100, 100)
        let boxes = [Palette.color(0), Palette.color(1)].map {
            Drawing.Object(box: Box(x1: 20, y1: 20, x2: 80, y2: 80), color: $0)
        }
        let top = Palette.color(0)
        #expect(
            Self.pixel(Drawing.overlay(on: picture, objects: boxes), 20, 50) == [
                top.red, top.green, top.blue,
            ])
    }

    @Test("labels hold their object's colour and letters of black or white with a contrast of 4.5 at least")
    func labels() {
        for index in 0..<32 {
            let color = Palette.color(index)
            let (a, b) = (color.luminance + 0.05, color.contrast.luminance + 0.05)
            #expect(max(a, b) / min(a, b) >= 4.5)
            let drawn = Drawing.overlay(
                on: Self.plain(300, 200, UInt8(index * 8)),
                objects: [
                    .init(box: Box(x1: 100, y1: 100, x2: 180, y2: 150), label: "boot 0.91", color: color)
                ])
            let plate = (80..<100).flatMap { y in (100..<190).map { Self.pixel(drawn, $0, y) } }
            #expect(plate.count { $0 == [color.red, color.green, color.blue] } > 400)
            #expect(
                plate.count { $0 == [color.contrast.red, color.contrast.green, color.contrast.blue] } > 30)
        }
    }

    @Test("in a crowd no label hides another while there is room")
    func crowd() {
        let size = Size(width: 640, height: 480)
        var random = Generator(seed: 11)
        var boxes: [Box] = []
        for _ in 0..<20 {
            let (x, y) = (
                Double.random(in: 0...560, using: &random), Double.random(in: 0...420, using: &random)
            )
            boxes.append(Box(x1: x, y1: y, x2: x + 70, y2: y + 50))
        }
        var placer = LabelPlacer(size: size, em: 14, boxes: boxes)
        let labels = boxes.compactMap { placer.place("boot 0.91", at: $0) }
        #expect(labels.count == 20)
        for (i, a) in labels.enumerated() {
            #expect(
                a.x.lowerBound >= 0 && a.x.upperBound <= 640 && a.y.lowerBound >= 0 && a.y.upperBound <= 480)
            for b in labels[..<i] { #expect(a.box.intersection(b.box).area == 0) }
        }
    }

    @Test("a label too long keeps its score; one that cannot fit is left out")
    func shortening() {
        #expect(LabelPlacer.shortened("boot 0.91", to: 100) == "boot 0.91")
        let short = LabelPlacer.shortened("a very long class name 0.91", to: 8)
        #expect(short.hasPrefix("a ver") && short.hasSuffix("… 0.91") && Glyphs.width(of: short) <= 8)
        #expect(LabelPlacer.shortened("boot 0.91", to: 3) == "0.91")
        #expect(LabelPlacer.shortened("boot 0.91", to: 0.2) == "")
        #expect(LabelPlacer.shortened("WWWWWWWW", to: 4).hasSuffix("…"))
    }

    @Test("a legend stands at the top left, one plate below the other, as many as have room")
    func legend() {
        let picture = Self.plain(200, 60)
        let entries = (0..<9).map { ("class \($0) 0.50", Palette.color($0)) }
        let drawn = Drawing.legend(on: picture, entries: entries)
        let edge = (0..<60).map { Self.pixel(drawn, 4, $0) }
        let shown = (0..<9).filter { index in
            let color = Palette.color(index)
            return edge.contains([color.red, color.green, color.blue])
        }
        #expect(shown == Array(0..<shown.count) && (2...5).contains(shown.count))
        #expect(Self.pixel(drawn, 199, 30) == [90, 90, 90])
        #expect(Drawing.legend(on: picture, entries: []) == picture)
        let dot = Self.plain(3, 2)
        #expect(Drawing.legend(on: dot, entries: entries) == dot)
    }

    @Test("a label says the class and the score in hundredths")
    func labelText() {
        #expect(Drawing.label(class: "boot", score: 0.914) == "boot 0.91")
        #expect(Drawing.label(class: "boot", score: 1) == "boot 1.00")
        #expect(Drawing.label(class: "boot", score: 0.049) == "boot 0.05")
        #expect(Drawing.label(class: "boot", score: -1.5) == "boot -1.50")
        #expect(
            Drawing.label(class: "boot", score: nil) == "boot"
                && Drawing.label(class: "boot", score: .nan) == "boot")
    }

    @Test("pictures of any size and boxes of any numbers are drawn")
    func extremes() {
        for (width, height) in [(1, 1), (1, 300), (300, 1), (3, 3), (17, 40), (64, 64), (1000, 2)] {
            let picture = Self.plain(width, height)
            let full = Mask(size: picture.size, filled: true)
            let boxes = [
                Box(x1: -1e300, y1: -.infinity, x2: .infinity, y2: 1e300),
                Box(x1: .nan, y1: .nan, x2: .nan, y2: .nan),
                Box(x1: 5, y1: 5, x2: 1, y2: 1), Box(x1: 0, y1: 0, x2: 1, y2: 1),
            ]
            let objects = boxes.map {
                Drawing.Object(mask: full, box: $0, label: "boot 日本 0.91", color: Palette.color(3))
            }
            #expect(Drawing.overlay(on: picture, objects: objects).size == picture.size)
            let empty = Drawing.Object(
                mask: Mask(size: picture.size), label: "nothing", color: Palette.color(0))
            #expect(Drawing.overlay(on: picture, objects: [empty]) == picture)
        }
    }
}

@Suite("Letters")
struct GlyphTests {
    @Test("every character of ASCII and Latin-1 has its own shape, any other is a box")
    func characters() {
        let codes = Array(UInt32(0x21)...0x7E) + Array(0xA1...0xFF) + [0x2026, 0x20AC]
        let box = Glyphs.glyph("字").contours
        #expect(box.count == 2 && Glyphs.glyph("\u{1F600}").contours == box)
        var seen: [[[Point]]] = [box]
        for code in codes where code != 0xAD && code != 0xB7 && code != 0xB5 {
            let glyph = Glyphs.glyph(Character(Unicode.Scalar(code)!))
            #expect(!glyph.contours.isEmpty && glyph.advance > 0.2 && glyph.advance < 1.3)
            #expect(!seen.contains(glyph.contours), "U+\(String(code, radix: 16))")
            seen.append(glyph.contours)
        }
        #expect(Glyphs.glyph("e\u{301}").contours == Glyphs.glyph("é").contours)
        #expect(Set("0123456789".map { Glyphs.glyph($0).advance }).count == 1)
    }

    @Test("a shape covers as much as its area, at any size")
    func coverage() {
        for (text, em) in [("S", 9.0), ("g", 13), ("@", 26), ("Å", 80.5)] {
            let glyph = Glyphs.glyph(Character(text))
            let side = Int(em * 2)
            var coverage = Coverage(width: side, height: side)
            var area = 0.0
            for ring in glyph.contours {
                let placed = ring.map { Point(x: em * 0.3 + $0.x * em, y: em * 1.5 + $0.y * em) }
                coverage.add(placed)
                area += Polygon.signedArea(placed)
            }
            let covered = coverage.values().reduce(0.0) { $0 + Double($1) }
            #expect(abs(covered - abs(area)) < 1e-3 * abs(area), "\(text): \(covered) of \(area)")
        }
    }

    @Test("a pixel half covered is half painted")
    func rectangle() {
        var coverage = Coverage(width: 4, height: 3)
        coverage.add([Point(x: 0.5, y: 0.25), Point(x: 3, y: 0.25), Point(x: 3, y: 2), Point(x: 0.5, y: 2)])
        #expect(coverage.values() == [0.375, 0.75, 0.75, 0, 0.5, 1, 1, 0, 0, 0, 0, 0])
        var triangle = Coverage(width: 2, height: 2)
        triangle.add([Point(x: 0, y: 0), Point(x: 2, y: 2), Point(x: 0, y: 2)])
        #expect(triangle.values() == [0.5, 0, 1, 0.5])
    }
}

@Suite("Colours")
struct ColorTests {
    /// Linear red, green and blue.
    static func linear(_ color: Palette.Color) -> [Double] {
        [color.red, color.green, color.blue].map { v in
            let v = Double(v) / 255
            return v * (v * (v * 0.305306011 + 0.682171111) + 0.012522878)
        }
    }

    @Test("the first 32 colours differ, and an index of any size has one")
    func distinct() {
        let colors = (0..<32).map(Palette.color)
        #expect(Set(colors).count == 32)
        #expect(Palette.color(32) == Palette.color(0))
        _ = [Int.max, Int.min, -1].map(Palette.color)
    }

    @Test("the first seven colours stay apart for eyes without red or green cones")
    func colorBlind() {
        // Machado, Oliveira and Fernandes (2009), severity 1: protanopia and deuteranopia, on linear values.
        let eyes: [[[Double]]] = [
            [
                [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                [-0.003882, -0.048116, 1.051998],
            ],
            [
                [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                [-0.011820, 0.042940, 0.968881],
            ],
        ]
        for eye in eyes {
            let seen = (0..<7).map { index in
                eye.map { row in zip(row, Self.linear(Palette.color(index))).reduce(0) { $0 + $1.0 * $1.1 } }
                    .map {
                        max(0, $0).squareRoot()
                    }
            }
            for i in 0..<7 {
                for j in 0..<i {
                    let distance = zip(seen[i], seen[j]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
                        .squareRoot()
                    #expect(distance > 0.12, "colours \(j) and \(i)")
                }
            }
        }
    }

    @Test("a heat map is brightest at its peak, follows its range, and shows the part it is told to")
    func heatMap() {
        let picture = DrawingTests.plain(80, 60, 100)
        var values = [Float](repeating: 0, count: 8 * 8)
        values[2 * 8 + 5] = 1
        let whole = HeatMap.overlay(
            values, columns: 8, rows: 8, region: Box(x1: 0, y1: 0, x2: 8, y2: 6), on: picture)
        func brightness(_ picture: Picture, _ x: Int, _ y: Int) -> Int {
            DrawingTests.pixel(picture, x, y).reduce(0) { $0 + Int($1) }
        }
        // Cell 5, 2 is 10 pixels wide and high: its middle is at 55, 25.
        let brightest = (0..<60).flatMap { y in (0..<80).map { (x: $0, y: y) } }.max {
            brightness(whole, $0.x, $0.y) < brightness(whole, $1.x, $1.y)
        }!
        #expect(abs(brightest.x - 55) <= 1 && abs(brightest.y - 25) <= 1)
        #expect(brightness(whole, 2, 55) < brightness(picture, 2, 55))
        let flat = HeatMap.overlay([0.5, 0.5], columns: 2, rows: 1, range: 0...1, on: picture)
        #expect(Set(stride(from: 0, to: flat.pixels.count, by: 3).map { flat.pixels[$0] }).count == 1)
        #expect(HeatMap.overlay(values, columns: 8, rows: 8, on: picture, opacity: 0) == picture)
        let odd = HeatMap.overlay([.nan, .infinity, -.infinity, 0], columns: 2, rows: 2, on: picture)
        #expect(odd.size == picture.size)
        #expect(HeatMap.color(.nan) == HeatMap.color(0) && HeatMap.color(2) == HeatMap.color(1))
    }
}
