import ArgumentParser
import Logging
import SpanielAnnotations
import SpanielJSON
import SpanielPlatform

/// `spaniel annotations check`: what a labelled set holds, and what of it cannot be used.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Says what a labelled set holds and what was left out of it.",
        usage: """
            spaniel annotations check coco:FILE --pictures photos/
            spaniel annotations check yolo:FOLDER --json
            """,
        discussion: """
            Exit code 0 means that nothing was lost: every label was read whole, and with --pictures its picture was found. \
            Formats: \(AnnotationArgument.forms.joined(separator: ", ")).
            """)

    @Argument(
        help: ArgumentHelp("What to read.", valueName: "format:path"),
        transform: { try AnnotationArgument(parsing: $0) })
    var source: AnnotationArgument

    @Option(
        help: ArgumentHelp(
            "Where the pictures lie; which of them have labels, and which labels have none, is said then.",
            valueName: "folder"))
    var pictures: String?

    @Option(
        help: ArgumentHelp("The annotations whose ids a COCO results file uses.", valueName: "format:path"),
        transform: { try AnnotationArgument(parsing: $0) })
    var truth: AnnotationArgument?

    @OptionGroup(title: "Labels") var labels: LabelOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        var options = AnnotationOptions()
        options.pictures = pictures.map { URL(filePath: $0) }
        labels.apply(to: &options)
        options.truth = try truth?.read(options, log: Logger(quiet: true)).set
        let reading = try source.read(options, log: Logger(quiet: true))
        var report = SetReport(
            AnnotationReading(
                set: labels.applied(to: reading.set), notes: reading.notes, unreadable: reading.unreadable))
        report.compare(
            with: PictureFinder(source.format, at: source.url, pictures: options.pictures),
            isFolderGiven: pictures != nil)
        try StandardOutput().write(
            json ? report.json.text() + "\n" : report.text(of: source.path, source.format.title))
        guard report.isComplete else {
            throw Failure(
                .unusable, code: "annotations.incomplete", "\(source.path): not all of it can be used")
        }
    }
}
