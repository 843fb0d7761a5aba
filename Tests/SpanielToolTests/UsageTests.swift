import SpanielTestSupport
import Testing

@Suite("How the command line is used")
struct UsageTests {
    @Test(
        "what cannot be understood ends with 64 and says what is meant",
        arguments: [
            (["mask", "a.png"], "say what to mask: --point X,Y, --box X1,Y1,X2,Y2 or --everything"),
            (["mask", "--point", "1,1"], "Missing expected argument '<images> ...'"),
            (["mask", "a.png", "--point", "1"], "\"1\" has 1 numbers, expected X,Y"),
            (["mask", "a.png", "--background-point", "1,1"], "say what to mask: --point X,Y"),
            (["mask", "a.png", "--point", "1,1", "--everything"], "--everything stands alone"),
            (
                ["mask", "a.png", "--box", "5,5,5,9"],
                "\"5,5,5,9\" is an empty box: X2 must be greater than X1"
            ),
            (["mask", "a.png", "--box", "0,0,5,9", "--box", "0,0,5,9"], "--box may stand once"),
            (["mask", "a.png", "--point", "1,1", "--threads", "0"], "--threads 0 must be between 1 and"),
            (
                ["mask", "a.png", "--point", "1,1", "--threshold", "2"],
                "\"2\" is not a score between 0 and 1"
            ),
            (
                ["mask", "a.png", "--point", "1,1", "--threshold", "mug=0.5"],
                "--threshold mug=… names no class of this run; the classes are object"
            ),
            (
                ["mask", "a.png", "--point", "1,1", "--max-objects", "0"],
                "--max-objects 0 must be at least 1"
            ),
            (
                ["mask", "a.png", "--point", "1,1", "--precision", "int3"],
                "'int3' is invalid for '--precision"
            ),
            (
                ["mask", "a.png", "--point", "1,1", "--export", "spoon:folder"],
                "\"spoon:folder\" is not FORMAT:PATH with a format that is known; write one of coco:FILE"
            ),
            (
                ["mask", "a.png", "--point", "1,1", "--quiet", "--verbose"],
                "--quiet and --verbose exclude each other"
            ),
            (["mask", "-", "-", "--point", "1,1"], "- (names on standard input) stands twice"),
            (["paint", "a.png"], "unexpected arguments: 'paint'"),
            (["mask", "a.png", "--point", "1,1", "--no-such-option"], "Unknown option '--no-such-option'"),
        ])
    func wrongUsage(_ arguments: [String], _ words: String) throws {
        let run = try Tool.run(arguments)
        #expect(run.status == 64)
        #expect(run.output.isEmpty)
        #expect(run.messages.contains(words), "\(run.messages)")
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
}
