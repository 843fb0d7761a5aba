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
        var known: [String] = []
        var uncertain: String?
        for round in 0..<100 {
            let running = try Running(folder)
            let names =
                try running.client.json("GET", "/api/project")["classes"]?.array?.compactMap {
                    $0["name"]?.string
                } ?? []
            if let uncertain, names.count == known.count + 1 { known.append(uncertain) }
            #expect(names == known, "round \(round)")
            uncertain = nil
            let client = running.client
            let delay = Int.random(in: 0..<60, using: &random)
            let id = running.process.processIdentifier
            let killer = Thread {
                usleep(UInt32(delay * 1000))
                kill(id, SIGKILL)
            }
            killer.start()
            for step in 0..<400 {
                let name = "class \(round)-\(step)"
                uncertain = name
                guard let answer = try? client.ask("POST", "/api/classes", ["name": JSON(name)]),
                    answer.status == 201
                else { break }
                known.append(name)
                uncertain = nil
            }
            running.process.waitUntilExit()
        }
        #expect(known.count > 100, "something was acknowledged: \(known.count)")
        let file = try ProjectFile(at: folder.appending(path: "labels.spaniel"))
        let names = file.state.orderedClasses.map(\.name)
        #expect(names == known || names == known + [uncertain ?? ""])
        // Every step can be taken back.
        var steps = 0
        while (try? file.undo()) != nil { steps += 1 }
        #expect(steps == names.count && file.state.classes.isEmpty)
    }
}
