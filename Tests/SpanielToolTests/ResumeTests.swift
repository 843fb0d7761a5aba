import Foundation
import SpanielImaging
import SpanielJSON
import SpanielTestSupport
import Testing

@Suite("Runs that are killed and go on")
struct ResumeTests {
    private let scratch: ScratchFolder
    private let pictures: [String]

    /// Twelve pictures, two of them with the same name and one cut off.
    init() throws {
        scratch = try ScratchFolder()
        var pictures: [String] = []
        for index in 0..<12 {
            var bytes = [UInt8](Files.picture(width: 40 + 5 * index, height: 60 - 3 * index).pngData())
            if index == 5 { bytes.removeLast(bytes.count / 2) }
            pictures.append(
                try scratch.file(index == 7 ? "pictures/b/3.png" : "pictures/\(index).png", bytes))
        }
        self.pictures = pictures
    }

    /// Starts the tool and kills it, unless it ends before.
    ///
    /// - Returns: how it ended, where it was not killed.
    private func run(_ arguments: [String], input: String = "", killAfter seconds: Double) throws -> Int32? {
        let process = Tool.process(arguments)
        process.standardInput = try FileHandle(
            forReadingFrom: URL(filePath: scratch.file("in", input.utf8)))
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let end = Date(timeIntervalSinceNow: seconds)
        while process.isRunning, Date() < end { usleep(500) }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : nil
    }

    /// The time it takes undisturbed, from which the moments of the kills are drawn.
    private func time(_ body: () throws -> Void) rethrows -> Double {
        let start = Date()
        try body()
        return Date().timeIntervalSince(start)
    }

    // MARK: The worker

    private static let detect = [
        "worker", "--task", "detect", "--precision", "float32", "--model", TinyModels.owlvit, "--text",
        "x=ab",
        "--threshold", "0.01",
    ]

    private var lines: [String] {
        (pictures + pictures).enumerated().map { index, path in
            index == 9 ? "no line" : JSON.object(["id": JSON(index), "path": JSON(path)]).text()
        }
    }

    private var input: String { lines.map { $0 + "\n" }.joined() }

    private func contents(_ name: String) throws -> String {
        try String(contentsOfFile: scratch(name), encoding: .utf8)
    }

    @Test(
        "a worker killed at 20 moments has written, when it comes to its end, what an undisturbed one writes")
    func killedWorker() throws {
        var calm = ""
        let long = try time { calm = try Tool.run(Self.detect, input: input).output }
        #expect(calm.split(separator: "\n").count == 24)
        var random = Generator(seed: 23)
        var kills = 0
        for round in 0..<20 {
            let file = "answers\(round % 4).jsonl"
            let arguments = Self.detect + ["--resume", scratch(file), "--threads", "\(1 + round % 2)"]
            let status = try run(arguments, input: input, killAfter: .random(in: 0...long, using: &random))
            if status == nil { kills += 1 }
        }
        #expect(kills > 0)
        for round in 0..<4 {
            let file = "answers\(round).jsonl"
            for _ in 0..<2 {
                let last = try Tool.run(Self.detect + ["--resume", scratch(file)], input: input)
                #expect(last.status == 0, "\(last.messages)")
                #expect(last.output.isEmpty)
                #expect(try contents(file) == calm)
            }
        }
    }

    @Test("whatever of both files is torn off, the run goes on to the same bytes")
    func torn() throws {
        let path = scratch("answers.jsonl")
        let arguments = Self.detect + ["--resume", path]
        #expect(try Tool.run(arguments, input: input).status == 0)
        let (answers, journal) = (
            try Data(contentsOf: URL(filePath: path)), try Data(contentsOf: URL(filePath: path + ".resume"))
        )
        #expect(String(decoding: answers, as: UTF8.self) == (try Tool.run(Self.detect, input: input).output))
        let head = try #require(journal.firstIndex(of: UInt8(ascii: "\n"))) + 1
        #expect(journal.count == head + 24 * 17)
        var random = Generator(seed: 5)
        for round in 0..<12 {
            var left = answers.prefix(.random(in: 0...answers.count, using: &random))
            // What a machine that stopped leaves: a part of the journal, and zeros where no bytes arrived.
            if round % 3 == 1 { left += Data(count: 300) }
            try left.write(to: URL(filePath: path))
            let noted = round % 2 == 0 ? journal.count : Int.random(in: head...journal.count, using: &random)
            try journal.prefix(noted).write(to: URL(filePath: path + ".resume"))
            #expect(try Tool.run(arguments, input: input).status == 0)
            #expect(try Data(contentsOf: URL(filePath: path)) == answers)
            #expect(try Data(contentsOf: URL(filePath: path + ".resume")) == journal)
        }
        // A head that is torn has no answers yet.
        try Data().write(to: URL(filePath: path))
        try journal.prefix(20).write(to: URL(filePath: path + ".resume"))
        #expect(try Tool.run(arguments, input: input).status == 0)
        #expect(try Data(contentsOf: URL(filePath: path)) == answers)
    }

    @Test("what an answer says is not worked out again: the answers that are there stay as they are")
    func notAgain() throws {
        let path = scratch("answers.jsonl")
        #expect(try Tool.run(Self.detect + ["--resume", path], input: input).status == 0)
        let answers = try contents("answers.jsonl").split(separator: "\n").map(String.init)
        let kept = answers.prefix(6).joined(separator: "\n").replacing("\"schema\":1", with: "\"schema\":7")
        try (kept + "\n{\"schema\":1,\"id\":6,\"ok\"").write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try Tool.run(Self.detect + ["--resume", path], input: input).status == 0)
        #expect(
            try contents("answers.jsonl") == kept + "\n" + answers[6...].map { $0 + "\n" }.joined())
        // More lines may follow.
        let more = try Tool.run(Self.detect + ["--resume", path], input: input + lines[0] + "\n")
        #expect(more.status == 0)
        #expect(try contents("answers.jsonl").hasSuffix("\n\(answers[0])\n"))
    }

    @Test("another command, model, line or number of lines is refused with 65, and nothing is written")
    func another() throws {
        let path = scratch("answers.jsonl")
        #expect(try Tool.run(Self.detect + ["--resume", path], input: input).status == 0)
        let before = try contents("answers.jsonl")
        func refused(_ arguments: [String], _ lines: [String], _ words: String, status: Int32 = 65) throws {
            let run = try Tool.run(
                arguments + ["--resume", path], input: lines.map { $0 + "\n" }.joined())
            #expect(run.status == status, "\(run.messages)")
            #expect(run.messages.contains(words), "\(run.messages)")
            #expect(try contents("answers.jsonl") == before)
        }
        try refused(Array(Self.detect.dropLast()) + ["0.02"], lines, "another run's, with options")
        try refused(
            Self.detect.map { $0 == TinyModels.owlvit ? TinyModels.owlv2 : $0 }, lines,
            "another run's, with model")
        try refused(Self.detect, lines.reversed(), "answer 1 belongs to another input")
        try refused(
            Self.detect, lines.enumerated().map { $0 == 20 ? $1.replacing("20", with: "21") : $1 },
            "answer 21 belongs to another input")
        try refused(Self.detect, Array(lines.prefix(10)), "it has 24 answers, and only 10 inputs came")
        // What marks the temporary files becomes part of their names.
        let journal = try contents("answers.jsonl.resume")
        let damaged = journal.replacing(/"mark":"[0-9a-f]+"/, with: #""mark":"../x""#, maxReplacements: 1)
        #expect(damaged != journal)
        try scratch.write("answers.jsonl.resume", damaged)
        try refused(Self.detect, lines, "it was not begun with --resume")
        try FileManager.default.removeItem(atPath: path + ".resume")
        try refused(Self.detect, lines, "it was not begun with --resume")
        #expect(try Tool.run(Self.detect + ["--resume", scratch.path], input: input).status == 73)
        #expect(try Tool.run(Self.detect + ["--resume", "/dev/full"], input: input).status == 73)
    }

    @Test("two runs cannot write one file at a time")
    func busy() throws {
        let path = scratch("answers.jsonl")
        let process = Tool.process(Self.detect + ["--resume", path])
        let input = Pipe()
        process.standardInput = input
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data((lines[0] + "\n").utf8))
        while (try? contents("answers.jsonl").hasSuffix("\n")) != true { usleep(10_000) }
        let second = try Tool.run(Self.detect + ["--resume", path], input: self.input)
        #expect(second.status == 73)
        #expect(second.messages.contains("another run is writing it"))
        process.interrupt()
        process.waitUntilExit()
        #expect(process.terminationStatus == 130)
        #expect(try Tool.run(Self.detect + ["--resume", path], input: self.input).status == 0)
        #expect(try contents("answers.jsonl") == Tool.run(Self.detect, input: self.input).output)
    }

    // MARK: The picture commands

    private static let commands: [[String]] = [
        ["mask", "--point", "12,13"],
        ["detect", "--model", TinyModels.owlvit, "--text", "x=ab", "--threshold", "0.01", "--with-masks"],
        [
            "segment", "--model", TinyModels.clipseg, "--text", "x=ab", "--threshold", "0.01", "--scores",
            "SCORES",
        ],
        ["classify", "--model", TinyModels.vit],
        ["find", "--example", "x=EXAMPLE", "--threshold", "0.01", "--explain", "SCORES"],
    ]

    @Test(
        "a command killed at 12 moments ends with the records, files and exports of an undisturbed one",
        arguments: commands)
    func killedCommand(_ command: [String]) throws {
        let mask = try scratch.file("mask.png", Files.mask(width: 40, height: 60))
        func arguments(_ place: String) -> [String] {
            let own = command.map {
                $0.replacing("SCORES", with: scratch("\(place)/own")).replacing(
                    "EXAMPLE", with: "\(pictures[0])#\(mask)")
            }
            let export = command[0] == "classify" ? [] : ["--export", "coco:\(scratch(place))/all.json"]
            return own + pictures + [
                "--precision", "float32", "--json", "--resume", scratch("\(place)/kept"), "--out",
                scratch("\(place)/out"),
            ] + export
        }
        var calm = Tool.Run(status: 0, output: "", messages: "")
        let long = try time { calm = try Tool.run(arguments("calm")) }
        #expect(calm.status == 65)
        #expect(try calm.records.count == 12)
        var random = Generator(seed: 7)
        var kills = 0
        for _ in 0..<12 {
            let moment = Double.random(in: 0...long, using: &random)
            if try run(arguments("torn"), killAfter: moment) == nil { kills += 1 }
        }
        #expect(kills > 0)
        let last = try Tool.run(arguments("torn"))
        #expect(last.status == 65, "\(last.messages)")
        #expect(last.messages == calm.messages)
        #expect(last.output == calm.output)
        #expect(try contents("torn/kept/records.jsonl") == calm.output)
        func files(_ place: String) -> [String: Data] {
            var files: [String: Data] = [:]
            for path in scratch.paths where path.hasPrefix(place + "/") && !path.hasSuffix(".resume") {
                files[String(path.dropFirst(place.count))] = try? Data(contentsOf: scratch[path])
            }
            return files
        }
        let (expected, found) = (files("calm"), files("torn"))
        #expect(expected.count >= 12)
        #expect(found.keys.sorted() == expected.keys.sorted())
        for (name, bytes) in expected { #expect(found[name] == bytes, "\(name)") }
    }

    @Test("for people a kept result is shown as kept; another command or other pictures are refused")
    func people() throws {
        let arguments = ["mask", "--point", "12,13", "--resume", scratch("kept"), "--precision", "float32"]
        let first = try Tool.run(arguments + pictures.prefix(3))
        #expect(first.status == 0, "\(first.messages)")
        let second = try Tool.run(arguments + pictures.prefix(3) + ["--threads", "1", "--quiet"])
        #expect(second.output == first.output.replacing(/[0-9]+ ms/, with: "kept"))
        let records = try contents("kept/records.jsonl")
        try scratch.write("kept/records.jsonl", records.replacing("\"width\":40", with: "\"width\":41"))
        let resized = try Tool.run(arguments + pictures.prefix(3))
        #expect(resized.status == 65 && resized.messages.contains("begin anew"), "\(resized.messages)")
        try scratch.write("kept/records.jsonl", records)
        let other = try Tool.run(arguments + ["--threshold", "0.5"] + pictures.prefix(3))
        #expect(other.status == 65)
        #expect(other.messages.contains("another run's, with options"))
        let list = try scratch.file("list.txt", pictures.prefix(3).joined(separator: "\n").utf8)
        let listed = ["mask", "@\(list)", "--point", "12,13", "--resume", scratch("listed")]
        #expect(try Tool.run(listed).status == 0)
        try scratch.write("list.txt", pictures.prefix(3).reversed().joined(separator: "\n"))
        let reordered = try Tool.run(listed)
        #expect(reordered.status == 65)
        #expect(reordered.messages.contains("answer 1 belongs to another input"))
    }
}
