import SpanielJSON

/// A COCO file's top: everything but the annotations, of which there may be millions, as a tree.
struct COCOFile {
    let name: String
    /// The top without its annotations.
    let top: Field
    /// Stands at the value of `annotations`; nil where the file has none.
    let annotations: JSONReader?
    let bytes: [UInt8]

    var images: [JSON] { top["images"].value?.array ?? [] }
    var categories: [JSON] { top["categories"].value?.array ?? [] }

    init(parsing bytes: [UInt8], name: String) throws(AnnotationError) {
        self.name = name
        let start = try AnnotationFile.jsonStart(bytes, name: name)
        let text = start == 0 ? bytes : Array(bytes[start...])
        self.bytes = text
        do throws(JSONError) {
            var reader = JSONReader(text)
            guard try reader.kind() == .object else {
                let value = try reader.value()
                try reader.end()
                top = Field(value, file: name, path: "")
                annotations = nil
                return
            }
            var fields = JSON.Object()
            var annotations: JSONReader?
            try reader.openObject()
            while let key = try reader.nextKey() {
                let place = reader.keyOffset
                if key == "annotations", annotations == nil {
                    annotations = reader
                    try reader.skip()
                } else {
                    let value = try reader.value()
                    guard key != "annotations", fields.append(key, value) else {
                        throw .duplicateKey(key, offset: place)
                    }
                }
            }
            try reader.end()
            self.annotations = annotations
            top = Field(.object(fields), file: name, path: "")
        } catch { throw AnnotationFile.problem(error, in: bytes, name: name) }
    }

    /// Says of a file that holds something else what it is.
    func checkKind() throws(AnnotationError) {
        func fail(_ expected: String, _ found: String, _ path: String = "top") -> AnnotationError {
            .value(file: name, path: path, expected: expected, found: found)
        }
        let wanted = "COCO's images, annotations and categories"
        if let list = top.value?.array, let first = list.first {
            if first["image_id"] != nil {
                throw fail(
                    wanted,
                    "a list of found objects (a results file: read it as coco-results with --truth, the labels whose ids it uses)"
                )
            }
            if first["data"] != nil || first["annotations"] != nil {
                throw fail(wanted, "Label Studio's tasks (read them as labelstudio:FILE)")
            }
        }
        if !top["shapes"].isMissing {
            throw fail(wanted, "LabelMe's shapes (read the folder as labelme:FOLDER)")
        }
        if !top["_via_img_metadata"].isMissing {
            throw fail(wanted, "a project of VIA (export it from VIA as COCO)")
        }
        if let first = firstAnnotation {
            if first["caption"] != nil, first["bbox"] == nil, first["segmentation"] == nil {
                throw fail("objects with a class and an outline", "captions of pictures", "annotations")
            }
            if first["segments_info"] != nil {
                throw fail(
                    "objects with a class and an outline",
                    "panoptic segments, whose pixels are in PNG files", "annotations")
            }
        } else if annotations == nil, !images.isEmpty {
            throw fail("a list", "nothing: the file lists pictures alone, without labels", "annotations")
        }
    }

    private var firstAnnotation: JSON? {
        guard var reader = annotations, (try? reader.kind()) == .array else { return nil }
        guard (try? reader.openArray()) != nil, (try? reader.nextElement()) == true else { return nil }
        return try? reader.value()
    }
}
