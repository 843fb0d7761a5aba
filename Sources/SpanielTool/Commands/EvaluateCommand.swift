import ArgumentParser
import Logging
import SpanielAnnotations
import SpanielEvaluation
import SpanielJSON
import SpanielPlatform

/// `spaniel evaluate`: how good found objects are, measured against labels.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measures found objects against labels: COCO AP, mean IoU, precision and recall.",
        usage: "spaniel evaluate --truth coco:FILE --predictions coco:FILE",
        discussion: """
            Pictures are the same when their file names are, classes when their names are; a COCO file of results goes by the truth's ids.
            Formats: \(AnnotationArgument.forms.joined(separator: ", ")).
            """)

    @Option(
        help: ArgumentHelp("The labels.", valueName: "format:path"),
        transform: { try AnnotationArgument(parsing: $0) })
    var truth: AnnotationArgument

    @Option(
        help: ArgumentHelp("What was found.", valueName: "format:path"),
        transform: { try AnnotationArgument(parsing: $0) })
    var predictions: AnnotationArgument

    @Option(
        help: ArgumentHelp(
            "The score for precision, recall and mean IoU: what is under it was not found.", valueName: "0…1")
    )
    var threshold = 0.5

    @Option(
        help: ArgumentHelp(
            "The overlap at which an object counts as found, for precision and recall.", valueName: "iou"))
    var overlap = 0.5

    @Option(
        help: ArgumentHelp(
            "Where the pictures lie, for formats that do not hold their sizes.", valueName: "folder"))
    var pictures: String?

    @OptionGroup(title: "Labels") var labels: LabelOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    @Flag(help: "No notes on standard error; errors still appear.")
    var quiet = false

    func validate() throws {
        guard (0...1).contains(threshold), overlap > 0, overlap <= 1 else {
            throw ValidationError("--threshold is from 0 to 1, and --overlap above 0 up to 1")
        }
    }

    func run() throws {
        let log = Logger(quiet: quiet)
        var options = AnnotationOptions()
        options.pictures = pictures.map { URL(filePath: $0) }
        labels.apply(to: &options)
        // pycocotools' figures are those of the labels as they are, but for what is far outside.
        if !labels.strict { options.border = .cutBeyondRounding }
        let truthReading = try self.truth.read(options, log: log)
        let truth = labels.applied(to: truthReading.set)
        options.truth = truth
        options.border = .keep
        let foundReading = try predictions.read(options, log: log)
        let found = foundReading.set
        let report: EvaluationReport
        do throws(EvaluationError) {
            report = try EvaluationReport(
                truth: truth, predictions: found, threshold: threshold, overlap: overlap)
        } catch { throw Failure(.unusable, code: error.code, "\(predictions.path): \(error.description)") }
        if report.unmatched > 0 {
            log.notice("\(report.unmatched) found objects left out: the labels lack their picture or class")
        }
        var record = report.json
        record["losses"] = ["truth": truthReading.notes.json, "predictions": foundReading.notes.json]
        try StandardOutput().write(json ? record.text() + "\n" : report.text)
        try self.truth.finish(truthReading, options)
        try predictions.finish(foundReading, options)
    }
}
