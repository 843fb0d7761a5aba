public import SpanielPlatform

/// A kind of annotation file or folder.
public enum AnnotationFormat: String, Sendable, CaseIterable {
    case coco
    /// A list of found objects whose ids are a COCO file's.
    case cocoResults = "coco-results"
    case yolo, voc, labelme, cvat
    case labelStudio = "labelstudio"
    /// One PNG an object.
    case masks

    /// As its users call it.
    public var title: String {
        switch self {
        case .coco: "COCO"
        case .cocoResults: "a COCO results file"
        case .yolo: "YOLO"
        case .voc: "Pascal VOC"
        case .labelme: "LabelMe"
        case .cvat: "CVAT"
        case .labelStudio: "Label Studio"
        case .masks: "a folder of PNG masks"
        }
    }

    /// Whether it is a folder of files, not one file.
    public var isFolder: Bool {
        switch self {
        case .yolo, .voc, .labelme, .masks: true
        case .coco, .cocoResults, .cvat, .labelStudio: false
        }
    }
}

/// What a format leaves open.
public struct AnnotationOptions: Sendable {
    /// What a line of a YOLO file says.
    public enum YOLOLines: Sendable {
        /// Segments when any object has a shape, else boxes.
        case automatic
        case boxes, segments
    }

    /// The folder the pictures' names start from; nil: beside the annotations, as the format has it.
    ///
    /// Reading, it is where to look for their sizes (YOLO, Label Studio) and names (masks). Writing, formats
    /// that point at their pictures point there: LabelMe by a relative path, YOLO by links in its folder
    /// `images`.
    public var pictures: URL?
    /// The set whose ids a COCO results file uses.
    public var truth: LabelledSet?
    public var yolo = YOLOLines.automatic
    /// Accepts boxes that reach out of their picture, as detectors write them; otherwise that is an error.
    public var allowsBoxesOutside = false

    public init() {}
}

extension LabelledSet {
    /// Reads annotations.
    ///
    /// - Returns: the set, and in sentences what it could not take over.
    /// - Throws: `AnnotationError`, naming the file, the place in it and what is expected there.
    public static func read(
        _ format: AnnotationFormat, at url: URL, options: AnnotationOptions = AnnotationOptions()
    ) throws(AnnotationError) -> (set: LabelledSet, losses: [String]) {
        var losses = Losses()
        let set =
            switch format {
            case .coco: try coco(url, options)
            case .cocoResults:
                try COCOResults.read(AnnotationFile.bytes(of: url), name: url.lastPathComponent, options)
            case .yolo: try YOLO.read(url, options, &losses)
            case .voc: try VOC.read(url, options, &losses)
            case .labelme: try LabelMe.read(url, options, &losses)
            case .cvat: try CVAT.read(url, options, &losses)
            case .labelStudio: try LabelStudio.read(url, options, &losses)
            case .masks: try MaskFolder.read(url, options)
            }
        return (set, losses.sentences)
    }

    /// A COCO file; or where the truth is at hand, a list of results too.
    private static func coco(_ url: URL, _ options: AnnotationOptions) throws(AnnotationError) -> LabelledSet
    {
        let bytes = try AnnotationFile.bytes(of: url)
        if options.truth != nil, bytes.first(where: { $0 > 0x20 && $0 < 0x80 }) == UInt8(ascii: "[") {
            return try COCOResults.read(bytes, name: url.lastPathComponent, options)
        }
        return LabelledSet(
            try COCO(
                parsing: bytes, name: url.lastPathComponent, allowsBoxesOutside: options.allowsBoxesOutside))
    }

    /// Writes annotations, whole or not at all. A folder that already holds files keeps the others; each of
    /// ours is replaced whole.
    ///
    /// - Returns: in sentences, what the format could not hold.
    /// - Throws: `AnnotationError.file` when the place cannot be written.
    public func write(
        _ format: AnnotationFormat, to url: URL, options: AnnotationOptions = AnnotationOptions()
    ) throws(AnnotationError) -> [String] {
        var losses = Losses()
        switch format {
        case .coco: try COCO.write(self, to: url, &losses)
        case .cocoResults: try COCOResults.write(self, to: url, options, &losses)
        case .yolo: try YOLO.write(self, to: url, options, &losses)
        case .voc: try VOC.write(self, to: url, &losses)
        case .labelme: try LabelMe.write(self, to: url, options, &losses)
        case .cvat: try CVAT.write(self, to: url, &losses)
        case .labelStudio: try LabelStudio.write(self, to: url, &losses)
        case .masks: try MaskFolder.write(self, to: url, &losses)
        }
        return losses.sentences
    }
}
