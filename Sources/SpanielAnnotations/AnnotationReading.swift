public import SpanielPlatform

/// A kind of thing that was left out or changed while reading or writing, and how often.
public struct AnnotationNote: Sendable, Equatable {
    /// A stable name for scripts, such as `outside-cut`.
    public let kind: String
    /// The number of such things.
    public let count: Int
    /// The sentence for people: the count, and what became of them.
    public let sentence: String
    /// Whether the things are missing now; otherwise they are there in another form.
    public let isLoss: Bool
}

/// A set that was read, and what could not be taken over.
public struct AnnotationReading: Sendable {
    /// The classes, pictures and objects.
    public var set: LabelledSet
    /// The things that were left out or changed, one note for each kind.
    public var notes: [AnnotationNote]
    /// The errors of files and shapes that were left out because they cannot be read, at most a thousand.
    public var unreadable: [AnnotationError]

    /// Whether everything the files say is in the set.
    public var isComplete: Bool { unreadable.isEmpty && !notes.contains(where: \.isLoss) }

    /// A set with its notes and errors; by default there are none.
    public init(set: LabelledSet, notes: [AnnotationNote] = [], unreadable: [AnnotationError] = []) {
        self.set = set
        self.notes = notes
        self.unreadable = unreadable
    }
}

extension LabelledSet {
    /// Reads annotations, and tells by kind what was left out or changed.
    ///
    /// - Throws: `AnnotationError`, naming the file, the place in it and what is expected there; several
    ///   faults are one error that holds all of them.
    public static func reading(
        _ format: AnnotationFormat, at url: URL, options: AnnotationOptions = AnnotationOptions()
    ) throws(AnnotationError) -> AnnotationReading {
        var reading = Reading(format, at: url, options)
        let set =
            switch format {
            case .coco: try COCO.read(url, &reading)
            case .cocoResults:
                try COCOResults.read(AnnotationFile.bytes(of: url), name: url.lastPathComponent, &reading)
            case .yolo: try YOLO.read(url, &reading)
            case .voc: try VOC.read(url, &reading)
            case .labelme: try LabelMe.read(url, &reading)
            case .cvat: try CVAT.read(url, &reading)
            case .labelStudio: try LabelStudio.read(url, &reading)
            case .masks: try MaskFolder.read(url, &reading)
            }
        return try reading.finished(set)
    }

    /// Reads annotations.
    ///
    /// - Returns: the set, and in sentences what it could not take over.
    /// - Throws: `AnnotationError`, naming the file, the place in it and what is expected there.
    public static func read(
        _ format: AnnotationFormat, at url: URL, options: AnnotationOptions = AnnotationOptions()
    ) throws(AnnotationError) -> (set: LabelledSet, losses: [String]) {
        let reading = try reading(format, at: url, options: options)
        return (reading.set, reading.notes.map(\.sentence))
    }
}
