import ArgumentParser
import PerSAM

/// What SAM is asked: points on the object and beside it, a box round it.
struct PromptOptions: ParsableArguments {
    @Option(
        name: .customLong("point"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("A point on the object. Repeatable.", valueName: "x,y"), transform: { try Coordinates.point($0) })
    var points: [Point] = []

    @Option(
        name: .customLong("background-point"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("A point beside the object. Repeatable.", valueName: "x,y"), transform: { try Coordinates.point($0) })
    var backgroundPoints: [Point] = []

    @Option(
        name: .customLong("box"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("A box round the object, half-open.", valueName: "x1,y1,x2,y2"), transform: { try Coordinates.box($0) })
    var boxes: [Box] = []

    func validate() throws {
        if boxes.count > 1 { throw ValidationError("--box may stand once") }
    }

    /// nil when nothing is asked.
    var prompt: SAM.Prompt? {
        let labelled =
            points.map { SAM.Prompt.LabelledPoint($0, isObject: true) }
            + backgroundPoints.map { SAM.Prompt.LabelledPoint($0, isObject: false) }
        return labelled.isEmpty && boxes.isEmpty ? nil : SAM.Prompt(points: labelled, box: boxes.first)
    }
}
