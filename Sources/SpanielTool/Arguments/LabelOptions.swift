import ArgumentParser
import SpanielAnnotations

/// What becomes of labels that are not as they should be: `--strict`, `--skip-bad`, `--keep-crowds`.
struct LabelOptions: ParsableArguments {
    @Flag(help: "Refuse labels of which anything would be cut or left out.")
    var strict = false

    @Flag(
        help:
            "Go on without the files and labels that cannot be read; each is named, and the exit code is 65.")
    var skipBad = false

    @Flag(
        help: """
            Take crowds (COCO's iscrowd) for objects; some programs mark every mask of several parts or with a \
            hole so.
            """)
    var keepCrowds = false

    func validate() throws {
        guard !(strict && skipBad) else {
            throw ValidationError("--strict refuses what --skip-bad leaves out; give one of them")
        }
    }

    func apply(to options: inout AnnotationOptions) {
        options.isStrict = strict
        options.faults = strict ? .refuse : skipBad ? .leaveOut : .leaveOutShapes
        if strict { options.border = .refuse }
    }

    /// The set with its crowds as objects, where that was asked for.
    func applied(to set: LabelledSet) -> LabelledSet {
        guard keepCrowds else { return set }
        var set = set
        for picture in set.pictures.indices {
            for object in set.pictures[picture].objects.indices {
                set.pictures[picture].objects[object].isCrowd = false
            }
        }
        return set
    }
}
