public import ArgumentParser
import OWLViT

/// How OWL-ViT takes examples.
struct SelectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Which of the model's boxes stands for an example: iou (nearest to yours), objectness (OWLv2), published (the authors' rule).",
            valueName: "iou|objectness|published"))
    var selection: OWLViT.Selection?

    @Option(
        help: ArgumentHelp(
            "How a picture becomes a square: hf squashes it as transformers does, padded keeps its shape.",
            valueName: "hf|padded"))
    var prep = OWLViT.Preparation.hf

    var learning: OWLViT.LearnOptions { OWLViT.LearnOptions(selection: selection, preparation: prep) }
}

/// How a picture is searched for boxes.
struct DetectionOptions: ParsableArguments {
    @OptionGroup var examples: SelectionOptions

    @Option(
        help: ArgumentHelp(
            "Of boxes of one class that overlap by more than this, the best stays (default: 0.3); 1 keeps all.",
            valueName: "iou"))
    var nms: Double?

    @Flag(help: "Of overlapping boxes the best stays, whatever their classes.")
    var classFree = false

    @Option(
        help: ArgumentHelp(
            "Also look at so many tiles a side: for small objects; each takes as long as the picture.",
            valueName: "n"))
    var tiles = 1

    @Flag(help: "A mask for each box, by SAM.")
    var withMasks = false

    @Option(
        help: ArgumentHelp(
            "The SAM model of --with-masks, and of a concept that looks closer: a name, a folder or a hub id (default: sam-nano).",
            valueName: "name"))
    var samModel: String?

    func validate() throws {
        if let nms, !(0...1).contains(nms) { throw ValidationError("--nms \(nms) must be between 0 and 1") }
        if !(1...8).contains(tiles) { throw ValidationError("--tiles \(tiles) must be between 1 and 8") }
    }

    func options(_ thresholds: Thresholds, maximum: Int?) -> OWLViT.DetectOptions {
        let iou = nms ?? 0.3
        return OWLViT.DetectOptions(
            threshold: thresholds.all, thresholds: thresholds.byClass, maximumObjects: maximum,
            suppression: iou >= 1 ? .none : classFree ? .classFree(iou: iou) : .classWise(iou: iou))
    }
}

extension OWLViT.Selection: ExpressibleByArgument {}
extension OWLViT.Preparation: ExpressibleByArgument {}
