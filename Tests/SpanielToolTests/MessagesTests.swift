import SpanielTestSupport
import Testing

@Suite("Messages")
struct MessagesTests {
    private let scratch: ScratchFolder
    private let picture: String

    init() throws {
        scratch = try ScratchFolder()
        picture = try scratch.file("a.png", Files.png)
    }

    private func lines(_ options: String...) throws -> [Substring] {
        let missing = scratch("no\nsuch.png")
        let run = try Tool.run(["mask", picture, missing, "--point", "20,16"] + options)
        #expect(run.status == 65)
        #expect(run.output.hasPrefix(picture) && !run.output.contains("spaniel: "))
        return run.messages.split(separator: "\n", omittingEmptySubsequences: false)
    }

    @Test("errors are written with --quiet too; --verbose adds the model, and the times of each picture")
    func levels() throws {
        let errors = try lines()
        #expect(errors.count == 3 && errors.last == "")
        #expect(errors[0].hasPrefix("spaniel: \(scratch("no\u{FFFD}such.png"))"))
        #expect(errors[1] == "spaniel: 1 of 2 pictures could not be used")
        #expect(try lines("--quiet") == errors)
        let all = try lines("--verbose")
        #expect(all.suffix(3) == errors[...])
        #expect(all.count == 5 && all[0].hasPrefix("spaniel: sam-nano, float32 on "))
        #expect(all[1].hasPrefix("spaniel: read ") && all[1].hasSuffix(" ms"))
    }
}
