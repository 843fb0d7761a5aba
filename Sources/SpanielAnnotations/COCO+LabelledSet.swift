import SpanielImaging
import SpanielJSON
import SpanielPlatform

extension LabelledSet {
    /// The objects under their pictures, in the file's order.
    ///
    /// - Precondition: every annotation names one of the file's images and categories, as one read from a
    ///   file does.
    public init(_ coco: COCO) {
        classes = coco.categories.map {
            var label = LabelledClass(name: $0.name, number: $0.id)
            label.extras = Extras(.coco, $0.extras)
            return label
        }
        pictures = coco.images.map {
            var picture = LabelledPicture(file: $0.fileName, size: $0.size, number: $0.id)
            picture.extras = Extras(.coco, $0.extras)
            return picture
        }
        extras = Extras(.coco, coco.extras)
        let places = Dictionary(
            uniqueKeysWithValues: coco.images.enumerated().map { ($0.element.id, $0.offset) })
        let numbers = Dictionary(
            uniqueKeysWithValues: coco.categories.enumerated().map { ($0.element.id, $0.offset) })
        for annotation in coco.annotations {
            guard let place = places[annotation.imageID], let classIndex = numbers[annotation.categoryID]
            else {
                preconditionFailure("COCO: annotation \(annotation.id) without its image or category")
            }
            pictures[place].objects.append(LabelledObject(annotation, classIndex: classIndex))
        }
    }
}

extension LabelledObject {
    init(_ annotation: COCO.Annotation, classIndex: Int) {
        self.init(
            classIndex: classIndex, box: annotation.box, score: annotation.score,
            provenance: annotation.provenance)
        switch annotation.segmentation {
        case .polygons(let rings): shape = .polygons(rings.map { Polygon(outer: $0) })
        case .runLengths(let rle): shape = .mask(rle)
        case nil: shape = nil
        }
        area = annotation.area
        isCrowd = annotation.isCrowd
        number = annotation.id
        extras = Extras(.coco, annotation.extras)
    }
}

extension COCO {
    /// The set as a COCO file: ids that are there and can be kept are kept, the others counted from 1.
    public init(_ set: LabelledSet) {
        var losses = Losses()
        self.init(set, &losses)
    }

    init(_ set: LabelledSet, _ losses: inout Losses) {
        let imageIDs = Self.ids(set.pictures.map(\.number), from: .min)
        let categoryIDs = Self.ids(set.classes.map(\.number), from: .min)
        let objects = set.pictures.flatMap(\.objects)
        let annotationIDs = Self.ids(objects.map(\.number), from: 1)
        losses.count(
            "object", "objects",
            "given another id: pycocotools takes a matched object of id 0 for an unmatched one",
            zip(objects, annotationIDs).count { $0.number != nil && $0.number != $1 })
        if categoryIDs.contains(0) {
            losses.say("a class has the id 0, which some trainers take for the background")
        }
        categories = zip(categoryIDs, set.classes).map {
            var category = Category(id: $0, name: $1.name)
            category.extras = $1.extras.of(.coco)
            return category
        }
        images = zip(imageIDs, set.pictures).map {
            var image = Image(id: $0, fileName: $1.file, size: $1.size)
            image.extras = $1.extras.of(.coco)
            return image
        }
        extras = set.extras.of(.coco)
        var next = 0
        for (picture, imageID) in zip(set.pictures, imageIDs) {
            for object in picture.objects {
                annotations.append(
                    Annotation(
                        object, id: annotationIDs[next], imageID: imageID,
                        categoryID: categoryIDs[object.classIndex], size: picture.size))
                next += 1
            }
        }
    }

    static func write(_ set: LabelledSet, to url: URL, _ losses: inout Losses) throws(AnnotationError) {
        losses.compare(
            set,
            with: [
                .shapes, .scores, .provenance, .crowds, .unusedClasses, .emptyPictures, .numbers,
                .boxesOfShapes, .parts,
            ], of: .coco)
        try COCO(set, &losses).write(to: url)
    }

    /// The wanted ids where they are at least `least` and not taken already, else the next free ones from 1.
    static func ids(_ wanted: [Int?], from least: Int) -> [Int] {
        var taken = Set<Int>()
        let kept = wanted.map { id in id.flatMap { $0 >= least && taken.insert($0).inserted ? $0 : nil } }
        var next = 1
        return kept.map { id in
            if let id { return id }
            while taken.contains(next) { next += 1 }
            defer { next += 1 }
            return next
        }
    }
}

extension COCO.Annotation {
    init(_ object: LabelledObject, id: Int, imageID: Int, categoryID: Int, size: Size) {
        let segmentation = object.shape.flatMap { COCO.Segmentation($0, size: size) }
        self.init(
            id: id, imageID: imageID, categoryID: categoryID, box: object.box,
            area: object.area ?? segmentation.map { Double($0.rle(size: size).area) } ?? object.box.area,
            segmentation: segmentation,
            score: object.score.flatMap { $0.isFinite ? $0 : nil }, isCrowd: object.isCrowd)
        provenance = object.provenance
        extras = object.extras.of(.coco)
    }
}

extension COCO.Segmentation {
    /// Rings stay rings; where there are holes, run lengths. nil when there is no ring of three corners.
    init?(_ shape: LabelledObject.Shape, size: Size) {
        switch shape {
        case .mask(let rle): self = .runLengths(rle)
        case .polygons(let polygons):
            let rings = polygons.map(\.outer).filter { $0.count >= 3 }
            if rings.isEmpty { return nil }
            self =
                polygons.allSatisfy(\.holes.isEmpty) ? .polygons(rings) : .runLengths(shape.rle(size: size))
        }
    }
}
