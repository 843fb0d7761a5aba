import ArgumentParser
import PerSAM

/// What SAM is asked: points on the object and beside it, a box round it.
struct PromptOptions: ParsableArguments {
    @Option(
        name: .customLong("point"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("A point on the object. Repeatable.", valueName: "x,y"),
        transform: { try Coordinates.point($0) })
    var points: [Point] = []

    @Option(
        name: .customLong("background-point"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("A point beside the object. Repeatable.", valueName: "x,y"),
        transform: { try Coordinates.point($0) })
    var backgroundPoints: [Point] = []

    @Option(
        name: .customLong("box"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("A box round the object, half-open.", valueName: "x1,y1,x2,y2"),
        transform: { try Coordinates.box($0) })
    var boxes: [Box] = []

    func validate() throws {
        if boxes.count > 1 { throw ValidationError("--box may stand once") }
    }

    /// nil when nothing is asked.
    var prompt: SAM.Prompt? {
        if points.isEmpty && backgroundPoints.isEmpty && boxes.isEmpty { return nil }
        return SAM.Prompt(points, background: backgroundPoints, box: boxes.first)
    }
}

extension SAM.Prompt {
    /// - Parameter background: points beside the object.
    init(_ points: [Point], background: [Point], box: Box?) {
        self.init(
            points: points.map { LabelledPoint($0, isObject: true) }
                + background.map { LabelledPoint($0, isObject: false) }, box: box)
    }
}
