import PerSAM
import SpanielTool
import Testing

@Suite("What the command line may say")
struct ArgumentTests {
    private func example(_ text: String, files: Set<String> = []) throws -> ExampleArgument {
        try ExampleArgument(parsing: text) { files.contains($0) }
    }

    @Test("an example is a picture with a mask, and the class before it")
    func exampleWithMask() throws {
        #expect(
            try example("cup.jpg#cup.png") == ExampleArgument(picture: "cup.jpg", region: .mask("cup.png")))
        #expect(
            try example("mug=a/cup.jpg#b/cup.png")
                == ExampleArgument(className: "mug", picture: "a/cup.jpg", region: .mask("b/cup.png")))
    }

    @Test("an example is a picture with a box, a point or a polygon, decimals allowed")
    func exampleWithRegion() throws {
        #expect(try example("c.jpg#box=1,2.5,30,40").region == .box(Box(x1: 1, y1: 2.5, x2: 30, y2: 40)))
        #expect(try example("c.jpg#point=-3,4").region == .point(Point(x: -3, y: 4)))
        let corners = [Point(x: 0, y: 0), Point(x: 9, y: 0), Point(x: 9, y: 9.5)]
        #expect(try example("c.jpg#polygon=0,0,9,0,9,9.5").region == .polygon(corners))
    }

    @Test("an example without a region says so")
    func exampleWithoutRegion() throws {
        #expect(
            try example("mug=cup.jpg") == ExampleArgument(className: "mug", picture: "cup.jpg", region: nil))
    }

    @Test("file names may hold # and = where the file exists")
    func marksInFileNames() throws {
        #expect(
            try example("a=b.jpg#m.png", files: ["a=b.jpg"])
                == ExampleArgument(picture: "a=b.jpg", region: .mask("m.png")))
        #expect(
            try example("no#1.jpg#m.png", files: ["no#1.jpg"])
                == ExampleArgument(picture: "no#1.jpg", region: .mask("m.png")))
        #expect(try example("mug=no#1.jpg#m.png", files: ["no#1.jpg"]).className == "mug")
        #expect(
            try example("x.jpg#m#2.png", files: ["x.jpg"])
                == ExampleArgument(picture: "x.jpg", region: .mask("m#2.png")))
        #expect(
            try example("no#1.jpg", files: ["no#1.jpg"]) == ExampleArgument(picture: "no#1.jpg", region: nil))
    }

    @Test(
        "an example that means nothing is refused",
        arguments: [
            "", "#m.png", "mug=", "mug=#m.png", "=a.jpg#m.png", "a.jpg#", "a.jpg#box=1,2,3",
            "a.jpg#box=5,5,5,9", "a.jpg#point=1",
            "a.jpg#polygon=0,0,1,1", "a.jpg#polygon=0,0,1,1,2,2,3", "a.jpg#point=nan,1",
            "a.jpg#point=1e300,1", "a.jpg#point=0x1,1",
            "a.jpg#box=",
        ])
    func badExample(_ text: String) {
        #expect(throws: UsageError.self) { try example(text) }
    }

    @Test("a threshold is for all classes or for one, and the last one counts")
    func thresholds() throws {
        let arguments = try ["0.3", "mug=0.5", "a=b=1", "0.4"].map { try ThresholdArgument(parsing: $0) }
        let thresholds = Thresholds(parsing: arguments)
        #expect(thresholds["cup"] == 0.4)
        #expect(thresholds["mug"] == 0.5)
        #expect(thresholds["a=b"] == 1)
        #expect(throws: UsageError.self) { try thresholds.check(against: ["mug"]) }
        #expect(throws: Never.self) { try thresholds.check(against: ["mug", "a=b"]) }
    }

    @Test(
        "a threshold outside 0…1, or none at all, is refused",
        arguments: ["", "-0.1", "1.1", "nan", "inf", "mug=", "=0.5", "half"])
    func badThreshold(_ text: String) {
        #expect(throws: UsageError.self) { try ThresholdArgument(parsing: text) }
    }

    @Test("a text is words, or the words of a class; without one its class is the words")
    func text() throws {
        #expect(try TextArgument(parsing: "a red mug") == TextArgument(words: "a red mug"))
        #expect(try TextArgument(parsing: " a red mug ").defaultClass == "a red mug")
        #expect(
            try TextArgument(parsing: "mug=a red mug") == TextArgument(className: "mug", words: "a red mug"))
        #expect(try TextArgument(parsing: "mug = e=mc²").words == "e=mc²")
        // Before a combining mark, = is part of a character.
        #expect(
            try TextArgument(parsing: "mark=\u{301}x") == TextArgument(className: "mark", words: "\u{301}x"))
        for text in ["", "  ", "mug=", "mug= \t", "=mug"] {
            #expect(throws: UsageError.self) { try TextArgument(parsing: text) }
        }
    }
}
