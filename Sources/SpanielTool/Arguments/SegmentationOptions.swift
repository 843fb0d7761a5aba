import ArgumentParser

/// How words and examples become one prompt for CLIPSeg.
struct MixOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Of a class with texts and examples: how much the examples count, 0 (text only) to 1.",
            valueName: "w"))
    var mix: Double?

    @Flag(help: "Look at each example turned by 90°, 180° and 270° too.")
    var rotations = false

    /// The authors trained with a text's share of a half at most.
    static let usualMix = 0.5

    func validate() throws {
        if let mix, !(0...1).contains(mix) {
            throw ValidationError("--mix \(mix) must be between 0 (text only) and 1 (examples only)")
        }
    }
}

/// How a picture is cut into segments.
struct SegmentationOptions: ParsableArguments {
    @OptionGroup var mixing: MixOptions

    @Flag(help: "Give each mask to SAM, as a box and points, for a precise one.")
    var refine = false

    @Flag(help: "Move the masks' edges to those of the picture, without another model.")
    var edges = false

    @Option(
        help: ArgumentHelp(
            "Write each class's probabilities as a 16-bit PNG, NAME.N.CLASS.scores.png.", valueName: "folder")
    )
    var scores: String?

    @Option(
        help: ArgumentHelp(
            "The SAM model of --refine: a name, a folder or a hub id (default: sam-nano).", valueName: "name")
    )
    var samModel: String?

    func validate() throws {
        if scores == "" { throw ValidationError("--scores needs the name of a folder") }
        if samModel != nil && !refine { throw ValidationError("--sam-model belongs to --refine") }
    }
}
