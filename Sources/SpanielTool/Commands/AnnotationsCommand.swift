import ArgumentParser
import Logging
import SpanielAnnotations
import SpanielJSON
import SpanielPlatform

/// `spaniel annotations`: labelled pictures from one format to another.
struct AnnotationsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "annotations",
        abstract: "Turns labelled pictures from one format into another, and says what a set holds.",
        subcommands: [ConvertCommand.self, CheckCommand.self])
}

/// `spaniel annotations convert`.
struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Reads one format and writes another, and says what the other cannot hold.",
        usage: """
            spaniel annotations convert coco:FILE yolo:FOLDER
            spaniel annotations convert yolo:FOLDER coco:FILE --pictures photos/
            """,
        discussion: "Formats: \(AnnotationArgument.forms.joined(separator: ", ")).")

    @Argument(
        help: ArgumentHelp("What to read.", valueName: "format:path"),
        transform: { try AnnotationArgument(parsing: $0) })
    var source: AnnotationArgument

    @Argument(
        help: ArgumentHelp("What to write.", valueName: "format:path"),
        transform: { try AnnotationArgument(parsing: $0) })
    var destination: AnnotationArgument

    @Option(
        help: ArgumentHelp(
            "Where the pictures lie; names that other machines wrote are found there.", valueName: "folder"))
    var pictures: String?

    @Option(
        help: ArgumentHelp("The annotations whose ids a COCO results file uses.", valueName: "format:path"),
        transform: { try AnnotationArgument(parsing: $0) })
    var truth: AnnotationArgument?

    @Option(
        help: ArgumentHelp(
            "What YOLO's lines hold: automatic (segments when there is an outline), boxes or segments.",
            valueName: "kind"))
    var yolo = YOLOKind.automatic

    @Flag(help: "Keep boxes that reach out of their picture; else they are cut at its border.")
    var allowOutside = false

    @OptionGroup(title: "Labels") var labels: LabelOptions

    @Flag(help: "Print one JSON object: what was read and written, and by kind what was left out.")
    var json = false

    @Flag(help: "Say nothing but errors.")
    var quiet = false

    enum YOLOKind: String, ExpressibleByArgument, CaseIterable {
        case automatic, boxes, segments
    }

    func run() throws {
        let log = Logger(quiet: quiet)
        var options = AnnotationOptions()
        options.pictures = pictures.map { URL(filePath: $0) }
        labels.apply(to: &options)
        if allowOutside { options.border = .keep }
        options.yolo =
            switch yolo {
            case .automatic: .automatic
            case .boxes: .boxes
            case .segments: .segments
            }
        options.truth = try truth?.read(options, log: log).set
        let reading = try source.read(options, log: log)
        let set = labels.applied(to: reading.set)
        let written = try destination.write(set, options, log: log)
        if json {
            let report: JSON = [
                "schema": 1, "pictures": JSON(set.pictures.count), "objects": JSON(set.objectCount),
                "classes": JSON(set.classes.count), "read": reading.notes.json, "written": written.json,
                "unreadable": JSON(reading.unreadable.map { JSON($0.description) }),
            ]
            try StandardOutput().write(report.text() + "\n")
        }
        let (pictures, objects) = (set.pictures.count, set.objectCount)
        log.notice(
            "\(objects) object\(objects == 1 ? "" : "s") in \(pictures) picture\(pictures == 1 ? "" : "s") written to \(destination.path)"
        )
        try source.finish(reading, options)
    }
}
