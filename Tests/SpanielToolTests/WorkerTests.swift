import Foundation
import SpanielImaging
import SpanielJSON
import SpanielTestSupport
import Testing

@Suite("A worker for batch engines")
struct WorkerTests {
    private let scratch: ScratchFolder
    private let picture: String

    init() throws {
        scratch = try ScratchFolder()
        picture = try scratch.file("a.png", Files.png)
    }

    private func line(_ id: JSON, path: String? = nil, _ fields: [(String, JSON)] = []) -> String {
        JSON.object(JSON.Object([("id", id), ("path", JSON(path ?? picture))] + fields)).text()
    }

    private func worker(_ task: String, _ arguments: [String] = [], _ lines: [String]) throws -> Tool.Run {
        try Tool.run(
            ["worker", "--task", task, "--precision", "float32"] + arguments,
            input: lines.map { $0 + "\n" }.joined())
    }

    private static let point: [(String, JSON)] = [("points", [[20, 16]])]

    // MARK: Answers

    @Test("each line gets its answer, in order; bad pictures and bad lines are records; exit 0")
    func records() throws {
        let cut = try scratch.file("cut.png", Array([UInt8](Files.png).dropLast(40)))
        let base64 = Files.png.base64EncodedString()
        let deep = String(repeating: "[", count: 10_000)
        let cases: [(line: String, id: JSON, code: String?)] = [
            (line(1), 1, nil),
            ("{\"id\":\"b\",\"bytes_b64\":\"\(base64)\"}", "b", nil),
            (line(2, path: scratch("gone.png")), 2, "image.missing"),
            (line(3, path: cut), 3, "image.truncated"),
            (line(4, path: scratch.path), 4, "image.directory"),
            ("", nil, "line.json"),
            ("hello", nil, "line.json"),
            ("{\"id\":5", nil, "line.json"),
            ("{\"id\":5,\"id\":6}", nil, "line.json"),
            (deep, nil, "line.json"),
            ("[1]", nil, "line.json"),
            ("[" + String(repeating: "1,", count: 20_000) + "1]", nil, "line.too-long"),
            ("{\"id\":[1],\"path\":\"a\"}", nil, "line.id"),
            ("{\"id\":7}", 7, "line.picture"),
            ("{\"id\":8,\"path\":\"\(picture)\",\"bytes_b64\":\"\"}", 8, "line.picture"),
            ("{\"id\":9,\"path\":\"\"}", 9, "line.picture"),
            ("{\"id\":10,\"path\":\"\(picture)\\u0000.txt\"}", 10, "line.picture"),
            ("{\"id\":11,\"path\":3}", 11, "line.picture"),
            ("{\"id\":12,\"bytes_b64\":\"&\"}", 12, "line.base64"),
            ("{\"id\":13,\"bytes_b64\":\"\"}", 13, "image.empty"),
            ("{\"id\":14,\"bytes_b64\":\"\(base64.prefix(40))\"}", 14, "image.truncated"),
            (line(15, [("point", [[1, 1]])]), 15, "line.key"),
            (line(16, [("points", [[1]])]), 16, "line.prompt"),
            (line(17, [("points", [[1, "a"]])]), 17, "line.prompt"),
            (line(18, [("box", [5, 5, 5, 9])]), 18, "line.prompt"),
            (line(19, [("box", [0, 0, .number("1e300"), 9])]), 19, "line.prompt"),
            (line(20, [("background_points", [[1, 1]])]), 20, "line.prompt"),
            (line(21, [("points", JSON(Array(repeating: [1, 1] as JSON, count: 257)))]), 21, "line.prompt"),
            (line(22, [("points", [[500, 500]])]), 22, "prompt"),
            (line(23, [("texts", ["a"])]), 23, "line.prompt"),
            ("{\"path\":\"\(picture)\"}\r", nil, nil),
            (line(.number("1.50")), .number("1.50"), nil),
        ]
        let run = try worker("mask", ["--point", "20,16"], cases.map(\.line))
        #expect(run.status == 0, "\(run.messages)")
        #expect(run.messages.isEmpty)
        let answers = try run.records
        try #require(answers.count == cases.count)
        for (answer, expected) in zip(answers, cases) {
            let line = expected.line.prefix(60)
            #expect(answer["schema"] == 1)
            #expect(answer["id"] == expected.id, "\(line)")
            #expect(answer["ok"] == JSON(expected.code == nil), "\(line): \(answer["error"]?.text() ?? "")")
            #expect((answer["error"] == nil) == (expected.code == nil))
            if let code = expected.code, let found = answer["error"]?["code"]?.string {
                #expect(code == "prompt" ? found.contains(code) : found == code, "\(line)")
                #expect(answer["error"]?["message"]?.string?.isEmpty == false)
            }
        }
        #expect(answers[0]["image"]?.string == picture)
        #expect(
            answers[0].object?.keys == [
                "schema", "id", "ok", "image", "width", "height", "task", "model", "precision", "isa",
                "objects",
            ])
        #expect(answers[1]["image"] == nil)
        #expect(answers[1]["objects"] == answers[0]["objects"])
    }

    @Test("an answer has the objects of the task's own command, whether the line or the command line asks")
    func sameAsCommand() throws {
        func objects(_ arguments: String...) throws -> JSON? {
            try Tool.run([arguments[0], picture, "--json", "--precision", "float32"] + arguments[1...])
                .records[0]["objects"]
        }
        let mask = try objects("mask", "--point", "20,16")
        #expect(try worker("mask", [], [line(1, Self.point)]).records[0]["objects"] == mask)
        #expect(try worker("mask", ["--everything"], [line(1, Self.point)]).records[0]["objects"] == mask)
        let both: [(String, JSON)] = [
            ("points", [[20, 16]]), ("background_points", [[60, 40]]), ("box", [16, 12, 32, 24]),
        ]
        #expect(
            try worker("mask", [], [line(1, both)]).records[0]["objects"]
                == objects("mask", "--point", "20,16", "--background-point", "60,40", "--box", "16,12,32,24"))

        for (task, model) in [("detect", TinyModels.owlvit), ("segment", TinyModels.clipseg)] {
            let options = ["--model", model, "--threshold", "0"]
            let asked = try objects(task, "--text", "x=ab", "--model", model, "--threshold", "0")
            #expect(asked?.array?.isEmpty == false)
            let texts: [(String, JSON)] = [("texts", ["x=ab"])]
            #expect(try worker(task, options + ["--text", "x=ab"], [line(1)]).records[0]["objects"] == asked)
            #expect(try worker(task, options, [line(1, texts)]).records[0]["objects"] == asked)
            #expect(
                try worker(task, options + ["--text", "cd"], [line(1, texts)]).records[0]["objects"] == asked)
        }
    }

    @Test("find takes its examples from the command line")
    func find() throws {
        let mask = try scratch.file("mask.png", Files.mask())
        let example = ["--example", "x=\(picture)#\(mask)", "--threshold", "0"]
        let run = try worker("find", example, [line(1), line(2, Self.point), line(3)])
        #expect(run.status == 0, "\(run.messages)")
        let answers = try run.records
        let direct = try Tool.run(["find", picture, "--json", "--precision", "float32"] + example).records[0]
        #expect(answers[0]["objects"] == direct["objects"])
        #expect(answers[0]["stop"] == direct["stop"])
        #expect(answers[1]["error"]?["code"]?.string == "line.prompt")
        #expect(answers[2]["objects"] == direct["objects"])
    }

    @Test(
        "where neither the line nor the command line asks anything, the answer says so",
        arguments: ["mask", "segment", "detect"])
    func nothingAsked(_ task: String) throws {
        let model =
            ["segment": ["--model", TinyModels.clipseg], "detect": ["--model", TinyModels.owlvit]][task] ?? []
        let wrong: [(String, JSON)] = task == "mask" ? [("texts", ["a"])] : Self.point
        let answers = try worker(task, model, [line(1), line(2, wrong)]).records
        #expect(answers.map { $0["error"]?["code"]?.string } == ["line.prompt", "line.prompt"])
    }

    @Test(
        "the bytes of an answer depend on its line alone: not on its neighbours, nor on the threads",
        arguments: ["mask", "detect", "segment"])
    func deterministic(_ task: String) throws {
        var lines: [String] = []
        for index in 0..<6 {
            let file = try scratch.file(
                "\(index).png", Files.picture(width: 40 + 7 * index, height: 50 - 3 * index).pngData())
            lines.append(
                line(
                    JSON(index), path: file,
                    task == "mask" ? [("points", [[JSON(12 + index), 14]])] : [("texts", ["ab", "y=cd"])]))
        }
        lines.insert("no line", at: 3)
        let model =
            ["segment": ["--model", TinyModels.clipseg], "detect": ["--model", TinyModels.owlvit]][task] ?? []
        let options = model + (task == "mask" ? [] : ["--threshold", "0.01"])
        let all = try worker(task, options + ["--threads", "1"], lines)
        #expect(all.status == 0, "\(all.messages)")
        let parts = try [lines[..<2], lines[2..<3], lines[3...]].map {
            try worker(task, options + ["--threads", "3"], Array($0)).output
        }
        #expect(parts.joined() == all.output)
        let reversed = try worker(task, options, lines.reversed()).output
        #expect(reversed.split(separator: "\n").reversed() == all.output.split(separator: "\n"))
        #expect(try worker(task, options + ["--cache", scratch("cache")], lines).output == all.output)
        #expect(try worker(task, options + ["--cache", scratch("cache")], lines).output == all.output)
    }

    @Test("no lines, no answers; a line longer than the limit is one bad line, and the next is answered")
    func lengths() throws {
        let none = try worker("mask", [], [])
        #expect(none.status == 0 && none.output.isEmpty)
        let long = String(repeating: "x", count: 65 << 20)
        let answers = try worker("mask", [], [long, line(2, Self.point)]).records
        #expect(answers.map { $0["error"]?["code"]?.string } == ["line.too-long", nil])
    }

    // MARK: Streams

    /// A worker that waits for lines.
    private func waiting() throws -> (process: Process, input: FileHandle, output: FileHandle) {
        let process = Tool.process(["worker", "--task", "mask", "--precision", "float32"])
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        return (process, input.fileHandleForWriting, output.fileHandleForReading)
    }

    @Test(
        "an answer is there before the next line is sent, and the end of the lines is the end of the worker")
    func flushes() throws {
        let (process, input, output) = try waiting()
        for index in 1...3 {
            try input.write(contentsOf: Data((line(JSON(index), Self.point) + "\n").utf8))
            var answer = Data()
            while answer.last != UInt8(ascii: "\n") {
                let more = output.availableData
                if more.isEmpty { break }
                answer += more
            }
            #expect(try JSON(parsing: answer)["id"] == JSON(index))
        }
        try input.close()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test(
        "an interruption while it waits, or while it works, ends with 130 and leaves whole answers",
        arguments: [1, 2000])
    func interruption(_ count: Int) throws {
        let (process, input, output) = try waiting()
        let lines = Data(String(repeating: line(1, Self.point) + "\n", count: count).utf8)
        let writer = Thread { try? input.write(contentsOf: lines) }
        signal(SIGPIPE, SIG_IGN)
        writer.start()
        var answers = output.availableData
        process.interrupt()
        answers += output.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationReason == .exit)
        #expect(process.terminationStatus == 130)
        #expect(answers.last == UInt8(ascii: "\n"))
        let records = try answers.split(separator: UInt8(ascii: "\n")).map { try JSON(parsing: $0) }
        #expect(count == 1 ? records.count == 1 : (1..<count).contains(records.count))
    }

    @Test(
        "when the reader of the answers has gone the worker ends quietly; a full disk is said; both with 73")
    func noReader() throws {
        let lines = line(1, Self.point) + "\n"
        let arguments = ["worker", "--task", "mask", "--precision", "float32"]
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        let gone = try Tool.run(arguments, input: lines, standardOutput: pipe.fileHandleForWriting)
        #expect(gone.status == 73)
        #expect(gone.messages.isEmpty)
        if let full = FileHandle(forWritingAtPath: "/dev/full") {
            let run = try Tool.run(arguments, input: lines, standardOutput: full)
            #expect(run.status == 73)
            #expect(run.messages.contains("standard output"))
        }
    }

    // MARK: Usage

    @Test(
        "what a worker cannot do is refused with 64 before any line is read",
        arguments: [
            ["worker"],
            ["worker", "--task", "paint", "--precision", "float32"],
            ["worker", "--task", "mask"],
            ["worker", "--task", "mask", "--precision", "auto"],
            ["worker", "--task", "mask", "--precision", "float32", "--no-such-option"],
            ["worker", "--task", "mask", "--precision", "float32", "--text", "a"],
            ["worker", "--task", "mask", "--precision", "float32", "a.png"],
            ["worker", "--task", "mask", "--precision", "float32", "-"],
            ["worker", "--task", "mask", "--precision", "float32", "--out", "found"],
            ["worker", "--task", "mask", "--precision", "float32", "--export", "coco:all.json"],
            ["worker", "--task", "mask", "--precision", "float32", "--background-point", "1,1"],
            ["worker", "--task", "find", "--precision", "float32"],
            ["worker", "--task", "find", "--precision", "float32", "--concept", "a", "--explain", "why"],
            ["worker", "--task", "segment", "--precision", "float32", "--scores", "scores"],
        ])
    func usage(_ arguments: [String]) throws {
        let run = try Tool.run(arguments, input: line(1, Self.point) + "\n")
        #expect(run.status == 64, "\(run.messages)")
        #expect(run.output.isEmpty)
        #expect(!run.messages.isEmpty)
    }

    @Test(
        "the task's options come in any order, and one may begin with a minus; a model that is missing ends with 66"
    )
    func options() throws {
        let run = try Tool.run(
            ["worker", "--point", "-3,4", "--precision=float32", "--threads", "1", "--task=mask"],
            input: line(1) + "\n")
        #expect(run.status == 0, "\(run.messages)")
        #expect(try run.records[0]["error"]?["message"]?.string?.contains("-3") == true)
        #expect(try worker("mask", ["--model", scratch("gone")], [line(1)]).status == 66)
        #expect(try worker("mask", ["--model", TinyModels.owlvit], [line(1)]).status == 65)
    }
}
