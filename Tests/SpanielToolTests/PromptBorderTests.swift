import Foundation
import SpanielJSON
import Testing

/// Prompts over a picture's border, as other tools round them.
@Suite struct PromptBorderTests {
    let shelf = Tool.example("shelf.jpg")

    func mask(_ arguments: String...) throws -> Tool.Run {
        try Tool.run(["mask", shelf, "--json", "--precision", "float32"] + arguments)
    }

    @Test("a box over the border is cut to the picture, and a point just outside moves to it")
    func cut() throws {
        let inside = try mask("--box", "436,81,640,221")
        #expect(inside.status == 0)
        let objects = try inside.records[0]["objects"]
        // transformers 5.23 (SamImageProcessorPil) on sam-nano, for this box and for one that ends at 640.3.
        #expect(objects?[0]?["area"]?.int == 15_491)
        for box in ["436,81,640.3,221", "436,81,700,221"] {
            #expect(try mask("--box", box).records[0]["objects"] == objects, "\(box)")
        }
        #expect(
            try mask("--point", "-0.4,200").records[0]["objects"]
                == mask("--point", "0,200").records[0]["objects"])
    }

    @Test("a prompt wholly outside is refused with the picture's name, by the command and the worker")
    func outside() throws {
        for (option, value, code) in [
            ("--box", "640,81,700,221", "prompt.box"), ("--point", "641,200", "prompt.point"),
        ] {
            let run = try mask(option, value)
            #expect(run.status == 65)
            let error = try #require(run.records[0]["error"])
            #expect(error["code"]?.string == code)
            #expect(error["message"]?.string?.hasPrefix("\(shelf): ") == true)
        }
        let line: JSON = ["id": 1, "path": JSON(shelf), "box": [700, 81, 800, 221]]
        let run = try Tool.run(
            ["worker", "--task", "mask", "--precision", "float32"], input: line.text() + "\n")
        let error = try #require(try run.records[0]["error"])
        #expect(error["code"]?.string == "prompt.box")
        #expect(error["message"]?.string?.hasPrefix("\(shelf): ") == true)
    }

    @Test("a worker's line is cut as the command's box is")
    func worker() throws {
        let line: JSON = ["id": 1, "path": JSON(shelf), "box": [436, 81, .number("640.3"), 221]]
        let run = try Tool.run(
            ["worker", "--task", "mask", "--precision", "float32"], input: line.text() + "\n")
        #expect(
            try run.records[0]["objects"] == mask("--box", "436,81,640,221").records[0]["objects"])
    }

    @Test("an example's box over the border is cut, one outside is refused with its picture's name")
    func examples() throws {
        func find(_ box: String) throws -> Tool.Run {
            try Tool.run(
                "find", "--example", "\(shelf)#box=\(box)", shelf, "--json", "--precision", "float32")
        }
        let objects = try find("436,81,640,221").records[0]["objects"]
        #expect(objects != nil)
        #expect(try find("436,81,700,221").records[0]["objects"] == objects)
        let refused = try find("700,81,800,221")
        #expect(refused.status == 65)
        #expect(refused.messages.contains("shelf.jpg: the box 700") && refused.messages.contains("640×480"))
    }
}
