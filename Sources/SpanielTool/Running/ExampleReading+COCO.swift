import PerSAM
import SpanielAnnotations

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension ExampleReading {
    /// Every object of a COCO file as an example of its class; file names are relative to the file's folder. Crowds teach nothing.
    mutating func classes(ofCOCO path: String, negatives: [ExampleArgument], texts: [TextArgument] = []) throws -> [Class] {
        let coco = try COCO(contentsOf: URL(filePath: path))
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        var classes = Self.classes(of: texts)
        for annotation in coco.annotations where !annotation.isCrowd {
            guard let image = coco.images.first(where: { $0.id == annotation.imageID }),
                let category = coco.categories.first(where: { $0.id == annotation.categoryID })
            else { continue }
            let file = image.fileName.hasPrefix("/") ? image.fileName : folder + image.fileName
            let picture = try self.picture(file)
            guard picture.size == image.size else {
                throw Failure(
                    .unusable, code: "annotations.size",
                    "\(path): \(file) is \(image.size.width) x \(image.size.height) there, found \(picture.width) x \(picture.height)")
            }
            let example =
                if let mask = annotation.segmentation?.mask(size: image.size) {
                    Example(picture, mask: mask, class: category.name)
                } else {
                    Example(picture, box: annotation.box, class: category.name)
                }
            Self.add(example, from: file, to: category.name, in: &classes)
        }
        guard classes.contains(where: { !$0.examples.isEmpty }) else {
            throw Failure(.unusable, code: "annotations.empty", "\(path): expected objects to learn from, found none")
        }
        try add(negatives, to: &classes)
        return classes
    }
}
