import Foundation
import SpanielImaging
import SpanielJSON
import SpanielTestSupport
import Testing

@Suite("A worker in a process of its own")
struct IsolationTests {
    private let scratch: ScratchFolder
    private let lines: [String]

    private static let detect = [
        "worker", "--task", "detect", "--precision", "float32", "--model", TinyModels.owlvit, "--text",
        "x=ab",
        "--threshold", "0.01", "--threads", "1",
    ]
    private static let isolated = detect + ["--isolate"]

    init() throws {
        scratch = try ScratchFolder()
        lines = try (0..<8).map { [scratch] index in
            let picture = Files.picture(width: 40 + 5 * index, height: 60 - 3 * index).pngData()
            let path = try scratch.file("\(index).png", picture)
            return JSON.object(["id": JSON(index), "path": JSON(path)]).text()
        }
    }

    private func input(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }

    @Test("its answers are those of a plain worker, bad lines and an interruption of the file too")
    func same() throws {
        let all =
            lines[..<4] + ["no line", "", "{\"id\":5,\"path\":\"\(scratch("gone.png"))\"}"] + lines[4...]
        let plain = try Tool.run(Self.detect, input: input(Array(all)))
        let isolated = try Tool.run(Self.isolated, input: input(Array(all)))
        #expect(isolated.status == 0, "\(isolated.messages)")
        #expect(isolated.messages.isEmpty)
        #expect(isolated.output == plain.output)
        let path = scratch("answers.jsonl")
        for count in [3, all.count] {
            let run = try Tool.run(
                (count == 3 ? Self.isolated : Self.detect) + ["--resume", path],
                input: input(Array(all.prefix(count))))
            #expect(run.status == 0, "\(run.messages)")
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == plain.output)
    }

    @Test("why it cannot work is said once, with the exit code of a plain worker")
    func refusals() throws {
        for (arguments, status) in [
            (["--no-such-option"], 64), (["--model", scratch("gone")], 66),
            (["--model", TinyModels.clipseg], 65),
        ] as [([String], Int32)] {
            let plain = try Tool.run(Self.detect + arguments, input: input(lines))
            let isolated = try Tool.run(Self.isolated + arguments, input: input(lines))
            #expect(plain.status == status && isolated.status == status)
            #expect(isolated.messages == plain.messages)
            #expect(isolated.output.isEmpty)
        }
    }

    #if os(Linux)
        /// The processes that another one started.
        private func children(of process: Int32) -> [Int32] {
            let threads = "/proc/\(process)/task"
            return ((try? FileManager.default.contentsOfDirectory(atPath: threads)) ?? []).flatMap { thread in
                let list = try? String(contentsOfFile: "\(threads)/\(thread)/children", encoding: .utf8)
                return (list ?? "").split(separator: " ").compactMap { Int32($0) }
            }
        }

        /// Whether a process is no more, or only waits for somebody to take note of its end.
        private func isGone(_ process: Int32) -> Bool {
            guard let state = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else {
                return true
            }
            return state.contains(") Z ")
        }

        @Test("a picture for which memory does not suffice ends the process three times and costs one answer")
        func poison() throws {
            // 81 million gray pixels: too many for 400 MB of addresses, and for the tool no reason to refuse.
            let width = 9000
            let poison = try scratch.file(
                "poison.png",
                PNG.encode(gray: [UInt8](repeating: 0, count: width * width), width: width, height: width))
            let all = lines[..<3] + ["{\"id\":\"p\",\"path\":\"\(poison)\"}"] + lines[3...]
            let process = Process()
            process.executableURL = URL(filePath: "/bin/sh")
            process.arguments = ["-c", "ulimit -v 400000; exec \"$0\" \"$@\"", Tool.path] + Self.isolated
            process.environment = ProcessInfo.processInfo.environment.merging(
                ["SWIFT_BACKTRACE": "enable=no"]) { $1 }
            let output = try scratch.file("out")
            process.standardInput = try FileHandle(
                forReadingFrom: URL(filePath: scratch.file("in", input(Array(all)).utf8)))
            process.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            var answers = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").map(
                String.init)
            try #require(answers.count == all.count)
            let dead = try JSON(parsing: answers.remove(at: 3))
            #expect(dead["id"]?.string == "p" && dead["ok"] == false)
            #expect(dead["image"]?.string == poison)
            #expect(dead["error"]?["code"]?.string == "worker.died")
            #expect(
                answers.map { $0 + "\n" }.joined() == (try Tool.run(Self.detect, input: input(lines)).output))
        }

        @Test(
            "a process that is killed is replaced, and the answers stay the same; if this one is killed, both are gone"
        )
        func kills() throws {
            let process = Tool.process(Self.isolated)
            let (input, output) = (Pipe(), Pipe())
            process.standardInput = input
            process.standardOutput = output
            try process.run()
            var answers = Data()
            for (index, line) in lines.enumerated() {
                let child = children(of: process.processIdentifier)
                #expect(child.count == 1 || index == 0)
                if let child = child.first { kill(child, SIGKILL) }
                try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
                repeat { answers += output.fileHandleForReading.availableData } while answers.last != 10
            }
            #expect(
                String(decoding: answers, as: UTF8.self)
                    == (try Tool.run(Self.detect, input: self.input(lines)).output))
            let child = try #require(children(of: process.processIdentifier).first)
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let end = Date(timeIntervalSinceNow: 20)
            while !isGone(child), Date() < end { usleep(10_000) }
            #expect(isGone(child))
        }

        /// Starts a worker, lets it answer a line, and returns its child.
        private func firstChild(of process: Process, _ input: Pipe) throws -> Int32 {
            let output = Pipe()
            process.standardInput = input
            process.standardOutput = output
            try process.run()
            try input.fileHandleForWriting.write(contentsOf: Data((lines[0] + "\n").utf8))
            _ = output.fileHandleForReading.availableData
            return try #require(children(of: process.processIdentifier).first)
        }

        /// How far a process steps back for others: field 19 of its `stat`, the 17th behind its name.
        private func niceness(_ process: Int32) throws -> Int32? {
            let stat = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
            let fields = stat.drop { $0 != ")" }.split(separator: " ")
            return fields.count > 17 ? Int32(fields[17]) : nil
        }

        @Test(
            "its process is as nice as it is, though libdispatch sets the niceness of its own threads on Linux"
        )
        func nice() throws {
            let process = Tool.process(Self.isolated)
            let (tool, input) = (process.executableURL, Pipe())
            process.executableURL = URL(filePath: "/usr/bin/nice")
            process.arguments = ["-n", "7", try #require(tool).path] + (process.arguments ?? [])
            let child = try firstChild(of: process, input)
            let (own, its) = (try niceness(process.processIdentifier), try niceness(child))
            #expect(own == its && (own ?? 0) >= 7)
            try input.fileHandleForWriting.close()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
        }

        @Test("an interruption ends both with 130, said once")
        func interruption() throws {
            let process = Tool.process(Self.isolated)
            let (input, messages) = (Pipe(), Pipe())
            process.standardError = messages
            let child = try firstChild(of: process, input)
            process.terminate()
            process.waitUntilExit()
            #expect(process.terminationStatus == 130)
            #expect(isGone(child))
            let said = String(decoding: messages.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            #expect(said == "spaniel: interrupted after 1 line; what was answered is whole\n")
        }
    #endif
}
