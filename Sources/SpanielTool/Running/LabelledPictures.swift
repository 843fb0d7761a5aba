package import PerSAM
package import SpanielAnnotations
import SpanielFiles
package import Spaniel
import SpanielPlatform

/// The pictures of a labelled set that are learnt from: all of a small one, of a large one so many that
/// memory and time stay bounded.
package struct LabelledPictures {
    package struct Entry {
        package let labels: LabelledPicture
        /// Of the objects, those that become examples.
        package let examples: Set<Int>
    }

    /// In the set's order.
    package let entries: [Entry]
    /// What was left out, in a sentence; nil: nothing.
    package let omission: String?

    /// Each class in turn has its next object taken, with the picture that object is in, until the limits are
    /// reached: first one object of each picture, then the second of each. Where pictures are left to take,
    /// those without a taken object follow: they show what the classes are not. A picture named twice is one
    /// picture.
    ///
    /// - Parameters:
    ///   - maximum: the most pictures.
    ///   - examples: the most examples of a class.
    package init(_ set: LabelledSet, maximum: Int, examples: Int) {
        let pictures = Self.merged(set.pictures)
        var queues = [[(picture: Int, object: Int)]](repeating: [], count: set.classes.count)
        for (p, picture) in pictures.enumerated() {
            for (o, object) in picture.objects.enumerated() where !object.isCrowd {
                queues[object.classIndex].append((p, o))
            }
        }
        queues = queues.map(Self.spread)
        var taken: [Int: Set<Int>] = [:]
        for turn in 0..<min(examples, queues.map(\.count).max() ?? 0) {
            for queue in queues where turn < queue.count {
                let (picture, object) = queue[turn]
                if taken[picture] != nil || taken.count < maximum {
                    taken[picture, default: []].insert(object)
                }
            }
        }
        for picture in pictures.indices where taken.count < maximum && taken[picture] == nil {
            taken[picture] = []
        }
        entries = taken.keys.sorted().map { Entry(labels: pictures[$0], examples: taken[$0] ?? []) }
        let (kept, all) = (taken.values.reduce(0) { $0 + $1.count }, queues.reduce(0) { $0 + $1.count })
        omission =
            kept < all || entries.count < pictures.count
            ? "learning from \(kept) of \(all) objects, in \(entries.count) of \(pictures.count) pictures; "
                + "--max-examples and --max-pictures take more"
            : nil
    }

    /// One object of each picture, then the second of each, and so on: a few taken from the front are from
    /// many pictures.
    private static func spread(_ objects: [(picture: Int, object: Int)]) -> [(picture: Int, object: Int)] {
        var counts: [Int: Int] = [:]
        let turns = objects.map { object in
            counts[object.picture, default: 0] += 1
            return counts[object.picture, default: 0]
        }
        return objects.indices.sorted { (turns[$0], $0) < (turns[$1], $1) }.map { objects[$0] }
    }

    /// Pictures of one file as one: it would be held out under one id and among the others under the next.
    private static func merged(_ pictures: [LabelledPicture]) -> [LabelledPicture] {
        var places: [[UInt8]: Int] = [:]
        var merged: [LabelledPicture] = []
        for picture in pictures {
            let file = Array(picture.file.utf8)
            if let place = places[file], merged[place].size == picture.size {
                merged[place].objects += picture.objects
            } else {
                places[file] = merged.count
                merged.append(picture)
            }
        }
        return merged
    }

    /// Where a picture lies.
    ///
    /// - Parameters:
    ///   - source: the annotations that name it.
    ///   - pictures: the folder to look in, where one was given.
    /// - Returns: the first place where there is a file; where there is none, the one it should be in.
    package static func place(of file: String, source: AnnotationArgument, pictures: String?) -> String {
        if file.hasPrefix("/") { return file }
        let name = Paths.last(file) ?? file
        let base = source.format.isFolder ? source.path : Paths.folder(source.path)
        let places =
            if let pictures {
                [
                    Paths.join(pictures, file),
                    Paths.join(pictures, file.after("images/").map(String.init) ?? file),
                    Paths.join(pictures, name),
                ]
            } else {
                // Pascal VOC keeps its pictures beside the annotations' folder.
                [Paths.join(base, file)]
                    + (source.format == .voc ? [Paths.join(base, "../JPEGImages/\(name)")] : [])
            }
        if let place = places.first(where: { FileKind(of: URL(filePath: $0)) == .file }) { return place }
        // Names that other machines wrote are found by the rule that the readers have.
        var finder = PictureFinder(
            source.format, at: source.url, pictures: pictures.map { URL(filePath: $0) })
        if case .file(_, let path) = finder.find(file) { return path }
        return places[0]
    }
}

extension LabelledObject {
    /// The object as a lesson takes it, cut at the picture's edges; nil where nothing of it is inside.
    package func region(className: String, size: Size) -> LabelledRegion? {
        let mask = shape?.mask(size: size)
        if let mask, mask.size != size { return nil }
        let whole = Box(size)
        let box = box.intersection(whole)
        return box.area > 0
            ? LabelledRegion(className: className, box: box, runs: mask?.rle, isCrowd: isCrowd) : nil
    }
}
