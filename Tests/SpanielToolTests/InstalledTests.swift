import Foundation
import SpanielJSON
import SpanielTestSupport
import Testing

/// What `make install` and `make dist` lay out, by `Packaging/stage`: one test after another, since the first
/// builds the program that makes the man page.
@Suite("The tool as it is installed", .serialized)
struct InstalledTests {
    private let scratch: ScratchFolder

    init() throws {
        scratch = try ScratchFolder()
        try run("\(Tool.root)Packaging/stage", Tool.path, scratch("a place"))
    }

    private func run(_ program: String, _ arguments: String..., in folder: String? = nil) throws {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(program) \(arguments)")
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOfFile: scratch("a place/\(name)"), encoding: .utf8)
    }

    @Test("it finds the model that ships wherever it lies and from wherever it is called")
    func relocated() throws {
        let (installed, elsewhere) = (scratch("moved"), try scratch.folder("elsewhere"))
        try FileManager.default.moveItem(atPath: scratch("a place"), toPath: installed)
        try run(
            "\(installed)/bin/spaniel", "mask", Tool.example("path.jpg"), "--point", "100,100", "--out",
            "masks", "--quiet", in: elsewhere)
        #expect(scratch.paths.contains("elsewhere/masks/path.overlay.png"))
    }

    @Test("every model of the project is in it, and nothing that was fetched or trains")
    func models() throws {
        let weights = "\(Tool.root)Weights"
        let ours = try FileManager.default.contentsOfDirectory(atPath: weights).filter {
            FileManager.default.fileExists(atPath: "\(weights)/\($0)/config.json")
        }
        #expect(ours.contains("sam-nano"))
        let installed = try FileManager.default.contentsOfDirectory(
            atPath: scratch("a place/share/spaniel/Weights"))
        #expect(installed.sorted() == (ours + ["README.md", "words.txt"]).sorted())
    }

    @Test("the man page has all that the parser knows of every command, and how it is called")
    func manual() throws {
        let page = try text("share/man/man1/spaniel.1")
        let commands = try commands()
        #expect(commands.count > 10)
        for command in commands {
            let title = command.name.joined(separator: " ")
            // Two commands may have one last name: annotations convert, weights convert.
            let sections = page.ranges(of: ".It Em \(command.name.last ?? "")\n").map { start in
                let rest = page[start.upperBound...]
                return rest[..<(rest.firstRange(of: ".It Em ")?.lowerBound ?? rest.endIndex)]
            }
            let section = try #require(
                sections.first { section in command.texts.allSatisfy { section.contains(ascii($0)) } }
                    ?? sections.first, "\(title)")
            for text in command.texts { #expect(section.contains(ascii(text)), "\(title): \(text)") }
            let items = section.split(separator: "\n").filter { $0.hasPrefix(".It Fl ") }
            for option in command.options {
                let name = option.count == 1 ? option : "-\(option)"
                #expect(
                    items.contains { $0.split(separator: " ").contains(Substring(name)) },
                    "\(title) \(option)")
            }
            let help = try Tool.run(command.name.dropFirst() + ["--help"]).output
            let usage = try #require(help.firstMatch(of: /\nUSAGE: ((.+\n)+)/), "\(title)").1
            for line in usage.split(separator: "\n") {
                let call = ascii(line.trimmingCharacters(in: .whitespaces))
                #expect(page.contains("\n\(call)\n"), "\(title): \(call)")
            }
        }
        for variable in ["SPANIEL_WEIGHTS", "SPANIEL_ISA"] { #expect(page.contains(variable)) }
        #expect(page.contains(try Tool.run("--version").output.trimmingCharacters(in: .newlines)))
    }

    @Test("no line of the man page is taken for a request that it is not")
    func requests() throws {
        let known = [
            ".\\\"", ".Ar", ".Bd", ".Bl", ".Dd", ".Dt", ".Ed", ".El", ".It", ".Nd", ".Nm", ".Op", ".Os",
            ".Pa",
            ".Pp", ".Sh",
        ]
        for line in try text("share/man/man1/spaniel.1").split(separator: "\n")
        where line.hasPrefix(".") || line.hasPrefix("'") {
            #expect(known.contains(String(line.prefix { $0 != " " })), "\(line)")
        }
    }

    @Test("three shells get completions that know the commands")
    func completions() throws {
        for name in [
            "bash-completion/completions/spaniel", "zsh/site-functions/_spaniel",
            "fish/vendor_completions.d/spaniel.fish",
        ] {
            let script = try text("share/\(name)")
            for command in try commands() {
                #expect(script.contains(command.name.last ?? ""), "\(name) \(command.name)")
            }
        }
    }

    @Test("the licences of all that may be inside come with it")
    func licences() throws {
        #expect(try text("share/doc/spaniel/LICENSE").contains("Apache License"))
        let others = try text("share/doc/spaniel/THIRD-PARTY.txt")
        for name in [
            "Swift", "swift-argument-parser", "swift-log", "libpng", "Independent JPEG Group", "zlib",
            "GNU C++", "DejaVu",
        ] {
            #expect(others.contains(name))
        }
    }

    // MARK: What the parser knows

    private struct Command {
        let name: [String]
        let options: [String]
        /// What it and its options do, and their defaults.
        let texts: [String]
    }

    /// Every command that does something.
    private func commands() throws -> [Command] {
        let json = try JSON(parsing: Tool.run("--experimental-dump-help").output.utf8)
        return (json["command"]?["subcommands"]?.array ?? []).flatMap { commands($0, below: ["spaniel"]) }
    }

    private func commands(_ json: JSON, below parents: [String]) -> [Command] {
        guard let name = json["commandName"]?.string, name != "help" else { return [] }
        let arguments = (json["arguments"]?.array ?? []).filter { $0["shouldDisplay"]?.bool == true }
        let discussion = json["discussion"]?.string?.split(separator: "\n").map(String.init) ?? []
        let own = Command(
            name: parents + [name],
            options: arguments.compactMap { $0["preferredName"]?["name"]?.string },
            texts: ([json] + arguments).compactMap { $0["abstract"]?.string } + discussion
                + arguments.compactMap { $0["defaultValue"]?.string.map { "(default: \($0))" } })
        return [own] + (json["subcommands"]?.array ?? []).flatMap { commands($0, below: own.name) }
    }

    /// The text as the man page has it: `generate-manual` 1.8.2 leaves out every other character.
    private func ascii(_ text: some StringProtocol) -> String {
        String(text).replacing("…", with: "...").replacing("°", with: " degrees")
    }
}
