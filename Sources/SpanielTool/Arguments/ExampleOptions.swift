import ArgumentParser
import SpanielFiles

/// What the object looks like: examples, and what it must not be taken for.
struct ExampleOptions: ParsableArguments {
    private static let form = "[class=]img#mask | #box=x1,y1,x2,y2 | #point=x,y | #polygon=x,y,…"

    @Option(
        name: .customLong("example"),
        help: ArgumentHelp(
            "A picture and where the object is in it. Repeatable: one class may have several, several classes are found together.",
            valueName: form),
        transform: ExampleOptions.parse)
    var arguments: [ExampleArgument] = []

    @Option(
        name: .customLong("reference"),
        help: ArgumentHelp("The picture of one example, with --mask.", valueName: "img"))
    private var references: [String] = []

    @Option(
        name: .customLong("mask"),
        help: ArgumentHelp(
            "The mask of --reference: every pixel above zero is the object.", valueName: "mask"))
    private var masks: [String] = []

    @Option(
        name: .customLong("class"),
        help: ArgumentHelp("The class of --reference (default: object).", valueName: "name"))
    private var classNames: [String] = []

    @Option(
        name: .customLong("negative"),
        help: ArgumentHelp(
            "An example of what it must not be taken for; with the name of a class it counts against that class only. Repeatable.",
            valueName: "ex"),
        transform: ExampleOptions.parse)
    var negatives: [ExampleArgument] = []

    /// Every positive example, `--reference` first.
    var examples: [ExampleArgument] {
        references.map {
            ExampleArgument(className: classNames.first, picture: $0, region: masks.first.map { .mask($0) })
        } + arguments
    }

    func validate() throws {
        for (name, values) in [("--reference", references), ("--mask", masks), ("--class", classNames)] {
            if values.count > 1 {
                throw ValidationError(
                    "\(name) may stand once; for several examples repeat --example [CLASS=]IMG#MASK")
            }
            if values.contains("") { throw ValidationError("\(name) is empty") }
        }
        if references.isEmpty,
            let stray = [("--mask", masks), ("--class", classNames)].first(where: { !$0.1.isEmpty })
        {
            throw ValidationError("\(stray.0) belongs to --reference IMG, which is missing")
        }
        if !references.isEmpty && masks.isEmpty {
            throw ValidationError(
                "--reference needs --mask MASK; for a box or a point write --example \(references[0])#box=X1,Y1,X2,Y2"
            )
        }
    }

    /// For commands to which a whole picture is no example.
    func requireRegions() throws {
        for example in arguments + negatives where example.region == nil {
            throw ValidationError(
                "\"\(example.picture)\" does not say where the object is; add #MASK, #box=X1,Y1,X2,Y2, #point=X,Y or #polygon=X,Y,…"
            )
        }
    }

    @Sendable private static func parse(_ text: String) throws -> ExampleArgument {
        try ExampleArgument(parsing: text) { FileKind(at: $0) != .missing }
    }
}
