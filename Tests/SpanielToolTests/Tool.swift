import Foundation
import SpanielJSON
import SpanielTestSupport
import Testing

/// The built `spaniel`, run as a user would.
enum Tool {
    struct Run {
        let status: Int32
        let output: String
        let messages: String

        /// The lines of `--json`.
        var records: [JSON] {
            get throws { try output.split(separator: "\n").map { try JSON(parsing: $0.utf8) } }
        }
    }

    /// The package's folder.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
        .path(percentEncoded: false)

    static func example(_ name: String) -> String { "\(root)Examples/\(name)" }

    /// Beside the test bundle, where the build puts both.
    static let path: String = {
        let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
            path: "spaniel"
        ).path(
            percentEncoded: false)
        return FileManager.default.isExecutableFile(atPath: beside) ? beside : "\(root).build/release/spaniel"
    }()

    /// - Parameter standardOutput: where results go instead of into `Run.output`.
    static func run(
        _ arguments: String..., input: String = "", environment: [String: String] = [:],
        folder: String? = nil,
        standardOutput: FileHandle? = nil
    ) throws -> Run {
        try run(
            arguments, input: input, environment: environment, folder: folder, standardOutput: standardOutput)
    }

    static func run(
        _ arguments: [String], input: String = "", environment: [String: String] = [:], folder: String? = nil,
        standardOutput: FileHandle? = nil
    ) throws -> Run {
        let scratch = try ScratchFolder()
        // Files, not pipes: nothing has to be drained while the tool runs.
        let (out, err) = (try scratch.file("out"), try scratch.file("err"))
        let process = process(arguments, environment: environment, folder: folder)
        process.standardInput = try FileHandle(forReadingFrom: URL(filePath: scratch.file("in", input.utf8)))
        process.standardOutput = try standardOutput ?? FileHandle(forWritingTo: URL(filePath: out))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: err))
        try process.run()
        process.waitUntilExit()
        return Run(
            status: process.terminationReason == .exit
                ? process.terminationStatus : -process.terminationStatus,
            output: try String(contentsOfFile: out, encoding: .utf8),
            messages: try String(contentsOfFile: err, encoding: .utf8))
    }

    static func process(_ arguments: [String], environment: [String: String] = [:], folder: String? = nil)
        -> Process
    {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        return process
    }
}
