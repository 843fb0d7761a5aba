import SpanielTestSupport
import Testing

@Suite("How the command line is used")
struct UsageTests {
    @Test(
        "what cannot be understood ends with 64 and says how it is meant",
        arguments: [
            ["mask", "a.png"],
            ["mask", "--point", "1,1"],
            ["mask", "a.png", "--point", "1"],
            ["mask", "a.png", "--background-point", "1,1"],
            ["mask", "a.png", "--point", "1,1", "--everything"],
            ["mask", "a.png", "--box", "5,5,5,9"],
            ["mask", "a.png", "--box", "0,0,5,9", "--box", "0,0,5,9"],
            ["mask", "a.png", "--point", "1,1", "--threads", "0"],
            ["mask", "a.png", "--point", "1,1", "--threshold", "2"],
            ["mask", "a.png", "--point", "1,1", "--threshold", "mug=0.5"],
            ["mask", "a.png", "--point", "1,1", "--max-objects", "0"],
            ["mask", "a.png", "--point", "1,1", "--precision", "int8"],
            ["mask", "a.png", "--point", "1,1", "--export", "spoon:folder"],
            ["mask", "a.png", "--point", "1,1", "--quiet", "--verbose"],
            ["mask", "-", "-", "--point", "1,1"],
            ["paint", "a.png"],
            ["mask", "a.png", "--no-such-option"],
        ])
    func wrongUsage(_ arguments: [String]) throws {
        let run = try Tool.run(arguments)
        #expect(run.status == 64)
        #expect(run.output.isEmpty)
        #expect(!run.messages.isEmpty)
    }

    @Test("a point may be negative for the parser: it is the picture that says where it ends")
    func negativePoint() throws {
        let scratch = try ScratchFolder()
        let run = try Tool.run("mask", scratch.file("a.png", Files.png), "--point", "-3,4", "--json")
        #expect(run.status == 65)
    }

    @Test("an instruction set this processor cannot run ends with 64")
    func instructionSet() throws {
        let run = try Tool.run("mask", "a.png", "--point", "1,1", environment: ["SPANIEL_ISA": "z80"])
        #expect(run.status == 64)
        #expect(run.messages.contains("SPANIEL_ISA"))
    }

    @Test("help is asked for with success and goes to standard output, and every command has it")
    func help() throws {
        for command in [
            [], ["find"], ["segment"], ["detect"], ["classify"], ["learn"], ["mask"], ["evaluate"],
            ["annotations", "convert"], ["worker"],
            ["tensors"],
        ] {
            let run = try Tool.run(command + ["--help"])
            #expect(run.status == 0)
            #expect(run.output.contains("USAGE: spaniel"))
            #expect(run.messages.isEmpty)
        }
    }

    @Test(
        "what is not built yet is absent from the help",
        arguments: [" label "])
    func absent(_ name: String) throws {
        for command in [[], ["find"], ["mask"]] {
            #expect(try !Tool.run(command + ["--help"]).output.contains(name))
        }
    }
}
