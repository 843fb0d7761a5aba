import Foundation
import SpanielJSON
import SpanielPlatform
import SpanielStudio
import SpanielTestSupport
import Testing

/// The built tool, killed in the middle of its work.
@Suite(.serialized, OwnThread()) struct KillTests {
    private static let tool: String = {
        let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
            path: "spaniel"
        ).path
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        return FileManager.default.isExecutableFile(atPath: beside)
            ? beside : "\(root)/.build/release/spaniel"
    }()

    /// `spaniel label`, and what it printed.
    private final class Running {
        let process = Process()
        let client: PageClient

        init(_ folder: URL) throws {
            process.executableURL = URL(filePath: KillTests.tool)
            process.arguments = ["label", folder.path, "--no-browser", "--quiet"]
            let pipe = Pipe()
            process.standardOutput = pipe
            process.standardError = FileHandle.nullDevice
            try process.run()
            let text = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
            // http://127.0.0.1:PORT/#TOKEN
            let parts = text.split { ":/#\n".contains($0) }.map(String.init)
            guard parts.count == 4, let port = Int(parts[2]) else {
                throw RawClient.Failed(description: "no address: \(text)")
            }
            client = PageClient(port: port, token: parts[3])
        }
    }

    @Test func `What was acknowledged survives a kill at any of a hundred moments`() async throws {
        let scratch = try ScratchFolder()
        let folder = scratch["photos"]
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Page.draw(folder, count: 2)
        var random = Generator(seed: 2026)
        // What was acknowledged; the last request may have happened or not.
        var known: Set<String> = []
        var uncertain: String?
        for round in 0..<100 {
            let running = try Running(folder)
            let client = running.client
            let found = try Self.facts(client)
            #expect(known.isSubset(of: found), "round \(round): lost \(known.subtracting(found))")
            #expect(
                found.subtracting(known).isSubset(of: Set([uncertain].compactMap(\.self))), "round \(round)")
            (known, uncertain) = (found, nil)
            let delay = Int.random(in: 0..<60, using: &random)
            let id = running.process.processIdentifier
            let killer = Thread {
                usleep(UInt32(delay * 1000))
                kill(id, SIGKILL)
            }
            killer.start()
            // A class, a box of it in a picture, and words for it, over and over.
            for step in 0..<400 {
                let name = "\(round)-\(step)"
                uncertain = "class \(name)"
                guard let made = try? client.ask("POST", "/api/classes", ["name": JSON("class \(name)")]),
                    made.status == 201, let owner = made.json["class"]?["id"]
                else { break }
                known.insert("class \(name)")
                let box: JSON = [
                    JSON(round % 50), JSON(step % 20), JSON(round % 50 + 40), JSON(step % 20 + 40),
                ]
                uncertain = "box \(name)"
                guard
                    let drawn = try? client.ask(
                        "POST", "/api/pictures/p1/annotations", ["class": owner, "shape": ["box": box]]),
                    drawn.status == 201
                else { break }
                known.insert("box \(name)")
                uncertain = "words \(name)"
                guard
                    let said = try? client.ask(
                        "POST", "/api/classes/\(owner.string ?? "")/prompts",
                        ["kind": "words", "text": "a boot"]), said.status == 201
                else { break }
                known.insert("words \(name)")
                uncertain = nil
            }
            running.process.waitUntilExit()
        }
        #expect(known.count > 100, "something was acknowledged: \(known.count)")
        let file = try ProjectFile(at: folder.appending(path: "labels.spaniel"))
        // Every step can be taken back.
        let all = file.state.classes.count + file.state.annotations.count + file.state.prompts.count
        #expect(all == known.count || all == known.count + 1)
        var steps = 0
        while (try? file.undo()) != nil { steps += 1 }
        #expect(steps == all && file.state.classes.isEmpty && file.state.annotations.isEmpty)
    }

    /// The classes, and of which there are boxes and words.
    private static func facts(_ client: PageClient) throws -> Set<String> {
        let classes = try client.json("GET", "/api/project")["classes"]?.array ?? []
        let objects = try client.json("GET", "/api/pictures/p1")["objects"]?.array ?? []
        let boxed = Set(objects.compactMap { $0["class"]?.string })
        var facts: Set<String> = []
        for each in classes {
            let name = each["name"]?.string ?? ""
            facts.insert(name)
            if boxed.contains(each["id"]?.string ?? "") { facts.insert("box" + name.dropFirst(5)) }
            if each["prompts"]?.array?.isEmpty == false { facts.insert("words" + name.dropFirst(5)) }
        }
        return facts
    }
}
