import SpanielImaging
import SpanielJSON
import SpanielPlatform

/// The list of found objects that COCO's evaluation takes: ids of the truth's images and categories, a box or
/// a mask, a score.
enum COCOResults {
    static func read(_ bytes: [UInt8], name: String, _ reading: inout Reading) throws(AnnotationError)
        -> LabelledSet
    {
        guard var set = reading.options.truth else {
            throw .value(
                file: name, path: "image_id", expected: "the COCO file whose ids these are beside it",
                found: "none was given")
        }
        let list = Field(try AnnotationFile.json(bytes, name: name), file: name, path: "")
        let pictures = PictureIDs(set)
        let ids = COCO.ids(set.classes.map(\.number), from: .min)
        let classes = indices(ids)
        let names = Dictionary(
            set.classes.enumerated().map { (UTF8Key($0.element.name), $0.offset) }
        ) { first, _ in first }
        for place in set.pictures.indices { set.pictures[place].objects = [] }
        // pycocotools' rule, and it decides what counts as small or large: boxes' areas when the first result
        // has a box, else masks'.
        let areBoxes = list[0]["bbox"].value?.array.map { !$0.isEmpty } ?? false
        var count = 0
        _ = try list.elements { field throws(AnnotationError) in
            count += 1
            do throws(AnnotationError) {
                // A results file of our own says both where its ids number a run's pictures.
                guard
                    let place = pictures.place(of: field["file_name"].value)
                        ?? pictures.place(of: field["image_id"].value)
                else {
                    throw field["image_id"].error(expected: "the id of one of the truth's images")
                }
                let category = field["category_id"].value
                guard
                    let label = category?.whole.flatMap({ classes[$0] })
                        ?? category?.string.flatMap({ names[UTF8Key($0)] })
                else {
                    throw field["category_id"].error(expected: "the id of one of the truth's categories")
                }
                let size = set.pictures[place].size
                var annotation = try COCO.Annotation(
                    field, id: count, image: 0, category: 0, size: size)
                annotation.score = try field["score"].double()
                annotation.area =
                    annotation.segmentation.flatMap { areBoxes ? nil : Double($0.rle(size: size).area) }
                    ?? annotation.box.area
                set.pictures[place].objects.append(LabelledObject(annotation, classIndex: label))
            } catch { reading.shape(error) }
        }
        reading.losses.count(
            "result", "results", "matched by its picture's file name, not by its image_id",
            pictures.byName, kind: "result-by-name", isLoss: false)
        return set
    }

    static func write(_ set: LabelledSet, to url: URL, _ options: AnnotationOptions, _ losses: inout Losses)
        throws(AnnotationError)
    {
        losses.compare(set, with: [.shapes, .scores, .numbers, .boxesOfShapes], of: .cocoResults)
        var coco = COCO(set)
        if let truth = options.truth { coco.renumber(like: truth, &losses) }
        let areOfRun = options.truth == nil && set.pictures.contains { $0.number == nil }
        if areOfRun {
            losses.say(
                "pictures and classes are numbered as they came; give the labels whose ids they are to have",
                isLoss: false)
        }
        let files = Dictionary(uniqueKeysWithValues: coco.images.map { ($0.id, $0.fileName) })
        let sizes = Dictionary(uniqueKeysWithValues: coco.images.map { ($0.id, $0.size) })
        var scoreless = 0
        let results = coco.annotations.map { annotation -> JSON in
            if annotation.score == nil { scoreless += 1 }
            var fields: JSON = [
                "image_id": JSON(annotation.imageID), "category_id": JSON(annotation.categoryID),
                "bbox": annotation.box.widthAndHeight,
            ]
            // Only run lengths as text: pycocotools traps on polygons and on lists of counts in results.
            if let segmentation = annotation.segmentation, let size = sizes[annotation.imageID] {
                fields["segmentation"] = segmentation.rle(size: size).json
            }
            fields["score"] = JSON(annotation.score ?? 1)
            if areOfRun { fields["file_name"] = JSON(files[annotation.imageID] ?? "") }
            return fields
        }
        losses.count("object", "objects", "without a score given 1: a results file needs one", scoreless)
        if results.isEmpty { losses.say("nothing was found: pycocotools' loadRes refuses an empty list") }
        try AnnotationFile.write(JSON(results).bytes(), to: url)
    }

    private static func indices(_ ids: [Int]) -> [Int: Int] {
        Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($0.element, $0.offset) })
    }
}

extension COCO {
    /// Takes another set's ids for pictures of the same file and classes of the same name; objects of others
    /// are left out.
    fileprivate mutating func renumber(like truth: LabelledSet, _ losses: inout Losses) {
        let other = COCO(
            LabelledSet(
                classes: truth.classes, pictures: truth.pictures.map { LabelledPicture($0, objects: []) }))
        let pictures = PictureIDs(truth)
        let categoryIDs = Dictionary(other.categories.map { (UTF8Key($0.name), $0.id) }) { first, _ in first }
        let files = Dictionary(uniqueKeysWithValues: images.map { ($0.id, $0.fileName) })
        let names = Dictionary(uniqueKeysWithValues: categories.map { ($0.id, UTF8Key($0.name)) })
        var strangers = 0
        annotations = annotations.compactMap { annotation in
            guard
                let image = files[annotation.imageID].flatMap({ pictures.place(of: .string($0)) }),
                let category = names[annotation.categoryID].flatMap({ categoryIDs[$0] })
            else {
                strangers += 1
                return nil
            }
            var annotation = annotation
            annotation.imageID = other.images[image].id
            annotation.categoryID = category
            return annotation
        }
        images = other.images
        losses.count("object", "objects", "left out: the truth lacks their picture or class", strangers)
    }
}

extension LabelledPicture {
    fileprivate init(_ picture: LabelledPicture, objects: [LabelledObject]) {
        self = picture
        self.objects = objects
    }
}
