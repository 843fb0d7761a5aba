public import SpanielPlatform

/// A format of annotations, in a file or a folder.
public enum AnnotationFormat: String, Sendable, CaseIterable {
    /// A COCO file.
    case coco
    /// A list of found objects, whose ids are those of a COCO file.
    case cocoResults = "coco-results"
    /// A folder of YOLO's text files.
    case yolo
    /// A folder of Pascal VOC's XML files.
    case voc
    /// A folder of LabelMe's JSON files.
    case labelme
    /// A file of CVAT's XML for images.
    case cvat
    /// A file of Label Studio's JSON.
    case labelStudio = "labelstudio"
    /// A folder with one PNG for each object.
    case masks

    /// The name of the format, as its users write it.
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

    /// The files that a reader looks for, for messages.
    public var sought: String {
        switch self {
        case .coco: "a JSON file with images, annotations and categories"
        case .cocoResults: "a JSON list of found objects"
        case .yolo:
            "data.yaml (or another .yaml with names, obj.data, or classes.txt) with label files (.txt)"
        case .voc: "files NAME.xml, in Annotations or in the folder itself"
        case .labelme: "files NAME.json that have shapes"
        case .cvat: "an XML file with <image> elements"
        case .labelStudio: "a JSON list of tasks"
        case .masks: "files PICTURE.NUMBER.CLASS.mask.png"
        }
    }

    /// Whether it is a folder of files and not one file.
    public var isFolder: Bool {
        switch self {
        case .yolo, .voc, .labelme, .masks: true
        case .coco, .cocoResults, .cvat, .labelStudio: false
        }
    }
}

extension LabelledSet {
    /// Writes annotations, whole or not at all. A folder that already holds files keeps the others; each of
    /// ours is replaced whole.
    ///
    /// - Returns: in sentences, what the format could not hold.
    /// - Throws: `AnnotationError.file` when the place cannot be written.
    public func write(
        _ format: AnnotationFormat, to url: URL, options: AnnotationOptions = AnnotationOptions()
    ) throws(AnnotationError) -> [String] {
        try writing(format, to: url, options: options).map(\.sentence)
    }

    /// Writes annotations as `write` does.
    ///
    /// - Returns: by kind, what the format could not hold.
    public func writing(
        _ format: AnnotationFormat, to url: URL, options: AnnotationOptions = AnnotationOptions()
    ) throws(AnnotationError) -> [AnnotationNote] {
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
        return losses.notes
    }
}
