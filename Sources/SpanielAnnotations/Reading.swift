import SpanielImaging
import SpanielPlatform

/// What every format's reader shares: the options, the pictures, and everything that could not be read or was
/// left out.
struct Reading {
    let options: AnnotationOptions
    let source: String
    var losses = Losses()
    var pictures: PictureFinder
    /// How many pictures' names fit several files.
    var ambiguous = 0
    private var files: [AnnotationError] = []
    private var shapes: [(error: AnnotationError, left: LeftOut)] = []
    private var fileCount = 0
    private var shapeCount = 0
    /// A file of millions of faults is not held twice.
    private static let limit = 1000

    /// What a shape that cannot be read counts as.
    struct LeftOut {
        let kind: String
        let one: String
        let many: String
        let what: String
        /// Whether it is left out, not only changed.
        var isLoss = true

        static let unreadable = LeftOut(
            kind: "unreadable", one: "shape", many: "shapes", what: "left out as unreadable")
        static let unlabelled = LeftOut(
            kind: "unlabelled", one: "region", many: "regions", what: "left out: nobody gave it a label")
        static let unlistedClass = LeftOut(
            kind: "unlisted-class", one: "object", many: "objects",
            what: "left out: the class is not in the file's list")
        static let unlistedPicture = LeftOut(
            kind: "unlisted-picture", one: "object", many: "objects",
            what: "left out: the picture is not in the file's list")
        static let numbered = LeftOut(
            kind: "renumbered", one: "object", many: "objects", what: "given an id of its own",
            isLoss: false)
        static let picture = LeftOut(
            kind: "unreadable-picture", one: "picture", many: "pictures",
            what: "left out: what is said of the picture cannot be read")
    }

    init(_ format: AnnotationFormat, at url: URL, _ options: AnnotationOptions) {
        self.options = options
        source = url.lastPathComponent
        pictures = PictureFinder(format, at: url, pictures: options.pictures)
    }

    /// Notes a file that cannot be read.
    mutating func file(_ error: AnnotationError) {
        fileCount += 1
        if files.count < Self.limit { files.append(error) }
    }

    /// Notes a shape that cannot be read.
    mutating func shape(_ error: AnnotationError, as left: LeftOut = .unreadable) {
        shapeCount += 1
        losses.count(left.one, left.many, left.what, kind: left.kind, isLoss: left.isLoss)
        if shapes.count < Self.limit { shapes.append((error, left)) }
    }

    /// How many shapes were noted so far.
    var faultyShapes: Int { shapeCount }

    /// Notes that a picture whose labels could not be read is left out with them: it would count as one that
    /// shows nothing.
    mutating func isEmptied(_ objects: [LabelledObject], since before: Int) -> Bool {
        guard objects.isEmpty, shapeCount > before else { return false }
        losses.count(
            "picture", "pictures", "left out: not one of the labels can be read", kind: "emptied-picture")
        return true
    }

    /// The set with all that is to be said of it.
    func finished(_ set: LabelledSet) throws(AnnotationError) -> AnnotationReading {
        let refuses =
            switch options.faults {
            case .refuse: fileCount + shapeCount > 0
            case .leaveOutShapes: fileCount > 0
            case .leaveOut: false
            }
        let errors = files + shapes.map(\.error)
        if refuses || options.isStrict, let first = errors.first {
            throw fileCount + shapeCount == 1
                ? first : .several(errors, files: fileCount, shapes: shapeCount)
        }
        var losses = losses
        losses.count(
            "file", "files", "left out as unreadable", fileCount, kind: "unreadable-file")
        let notes = losses.notes
        if options.isStrict, notes.contains(where: \.isLoss) {
            throw .incomplete(file: source, losses: notes.filter(\.isLoss).map(\.sentence))
        }
        let unreadable = files + shapes.filter(\.left.isLoss).map(\.error)
        return AnnotationReading(set: set, notes: notes, unreadable: unreadable)
    }
}
