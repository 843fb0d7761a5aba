import SpanielFiles
import SpanielImaging
import SpanielJSON
public import SpanielPlatform

extension COCO {
    /// Reads a COCO file with pictures, classes and objects; unknown keys are written again as they were.
    ///
    /// - Parameters:
    ///   - url: the file.
    ///   - allowsBoxesOutside: whether boxes may reach more than a pixel out of their picture, as detectors
    ///     write them.
    /// - Throws: `AnnotationError`, which names the place in the file and what is expected there.
    public init(contentsOf url: URL, allowsBoxesOutside: Bool = false) throws(AnnotationError) {
        try self.init(
            parsing: AnnotationFile.bytes(of: url), name: url.lastPathComponent,
            allowsBoxesOutside: allowsBoxesOutside)
    }

    /// Reads a COCO file held in memory, by the same rules.
    /// - Parameters:
    ///   - bytes: the bytes of the file.
    ///   - name: the name of the file in errors.
    ///   - allowsBoxesOutside: whether boxes may reach more than a pixel out of their picture.
    /// - Throws: `AnnotationError`, which names the place in the file and what is expected there.
    public init(parsing bytes: [UInt8], name: String, allowsBoxesOutside: Bool = false)
        throws(AnnotationError)
    {
        var options = AnnotationOptions()
        options.border = allowsBoxesOutside ? .keep : .refuse
        var reading = Reading(.coco, at: URL(filePath: "/dev/null"), options)
        try self.init(parsing: bytes, name: name, &reading)
        _ = try reading.finished(LabelledSet())
    }

    /// A COCO file; or where the truth is at hand, a list of results too.
    static func read(_ url: URL, _ reading: inout Reading) throws(AnnotationError) -> LabelledSet {
        let bytes = try AnnotationFile.bytes(of: url)
        let name = url.lastPathComponent
        if reading.options.truth != nil,
            bytes.first(where: { $0 > 0x20 && $0 < 0x80 }) == UInt8(ascii: "[")
        {
            return try COCOResults.read(bytes, name: name, &reading)
        }
        return LabelledSet(try COCO(parsing: bytes, name: name, &reading))
    }

    init(parsing bytes: [UInt8], name: String, _ reading: inout Reading) throws(AnnotationError) {
        let file = try COCOFile(parsing: bytes, name: name)
        try file.checkKind()
        try readClasses(file.top["categories"], &reading)
        try readImages(file.top["images"], &reading)
        let classes = COCOIDs(file.categories.map { $0["id"] })
        let pictures = COCOIDs(file.images.map { $0["id"] })
        reading.losses.count(
            "picture", "pictures", "given a number as its id: the file's was none", pictures.renumbered,
            kind: "id-renumbered", isLoss: false)
        reading.losses.count(
            "class", "classes", "given a number as its id: the file's was none", classes.renumbered,
            kind: "class-id-renumbered", isLoss: false)
        annotations = try COCOAnnotations(
            classes: classes, pictures: pictures, known: Set(categories.map(\.id)),
            sizes: Dictionary(images.map { ($0.id, $0.size) }) { first, _ in first },
            declared: Set(file.images.indices.compactMap { pictures.number(of: file.images[$0]["id"]) })
        ).read(file, &reading)
        let unsized = Set(images.filter { $0.size.width == 0 }.map(\.id))
        if !unsized.isEmpty { images.removeAll { unsized.contains($0.id) } }
        extras = file.top.others("images", "categories", "annotations") { key, value in
            key == "info" && value == Self.info || key == "licenses" && value == []
        }
    }

    private mutating func readClasses(_ list: Field, _ reading: inout Reading) throws(AnnotationError) {
        let ids = COCOIDs((list.value?.array ?? []).map { $0["id"] })
        var seen = Set<Int>()
        categories = try list.elements { field throws(AnnotationError) -> Category? in
            guard let id = ids.number(of: field["id"].value) else {
                throw field["id"].error(expected: "a whole number")
            }
            guard seen.insert(id).inserted else {
                reading.shape(field["id"].taken(id), as: .repeated("class", "classes"))
                return nil
            }
            var category = Category(id: id, name: try field["name"].name())
            category.extras = field.others("id", "name") { $0 == "supercategory" && $1.string == "" }
            return category
        }.compactMap(\.self)
    }

    /// Pictures whose size is nowhere come out with the size 0 x 0, and are left out with their objects.
    private mutating func readImages(_ list: Field, _ reading: inout Reading) throws(AnnotationError) {
        let ids = COCOIDs((list.value?.array ?? []).map { $0["id"] })
        var seen = Set<Int>()
        images = try list.elements { field throws(AnnotationError) -> Image? in
            guard let id = ids.number(of: field["id"].value) else {
                throw field["id"].error(expected: "a whole number")
            }
            guard seen.insert(id).inserted else {
                reading.shape(field["id"].taken(id), as: .repeated("picture", "pictures"))
                return nil
            }
            // COCO Annotator's path, or the address of COCO's own pictures, where there is no name.
            let other = ["path", "coco_url"].first { field[$0].value?.string?.isEmpty == false }
            let key = field["file_name"].isMissing ? other ?? "file_name" : "file_name"
            let name = try field[key].string()
            var found = (file: name, size: Size(width: 0, height: 0))
            do throws(AnnotationError) {
                let declared = try field.declaredSize()
                found = try reading.picture(name, size: declared) {
                    field["width"].error(expected: Reading.sizeWanted)
                }
            } catch {
                // What is written down and cannot be right is a fault, what is not there need not be.
                reading.shape(error, as: .unsized)
            }
            var image = Image(id: id, fileName: found.file, size: found.size)
            image.extras = field.others("id", "file_name", "width", "height")
            return image
        }.compactMap(\.self)
    }
}

extension Reading.LeftOut {
    static func repeated(_ one: String, _ many: String) -> Self {
        Self(
            kind: "repeated-id", one: one, many: many, what: "left out: another before it has the same id",
            isLoss: true)
    }

    static let unsized = Self(
        kind: "unsized-picture", one: "picture", many: "pictures",
        what:
            "left out: no size is written down and it is not at hand (say with --pictures FOLDER where it lies)"
    )
}

extension Field {
    func taken(_ id: Int) -> AnnotationError {
        error(expected: "an id of its own", found: "\(id) a second time")
    }

    /// A class's name; some programs number them.
    func name() throws(AnnotationError) -> String {
        if case .number(let text)? = value { return text }
        return try string()
    }

    /// A picture's size as it is written down; nil where it is not, or where it is 0 or -1.
    ///
    /// - Throws: for what is no number, or more pixels than a picture has.
    func declaredSize(width: String = "width", height: String = "height") throws(AnnotationError) -> Size? {
        for key in [width, height] {
            guard !self[key].isMissing else { return nil }
            if let side = self[key].value?.number, side < 1 { return nil }
        }
        return try size(width: width, height: height)
    }
}
