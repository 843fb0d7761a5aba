import SpanielAnnotations
import SpanielImaging

/// What of a set is not the same after it was written and read.
enum SetComparison {
    /// How far a format may move an edge, in pixels, and whether it holds shapes.
    private static func limits(_ format: AnnotationFormat, boxes: Bool) -> (edge: Double, shapes: Bool) {
        switch format {
        case .voc: (1, false)
        case .masks: (1, true)
        case .yolo: (0.01, !boxes)
        case .labelStudio: (0.05, true)
        case .coco, .cocoResults, .labelme, .cvat: (0.01, true)
        }
    }

    /// The differences in sentences, at most twenty; none if the sets say the same as far as the format can.
    ///
    /// - Parameter boxes: whether only boxes were written.
    static func differences(
        _ written: LabelledSet, _ read: LabelledSet, _ format: AnnotationFormat, boxes: Bool = false
    ) -> [String] {
        let limits = limits(format, boxes: boxes)
        var sentences: [String] = []
        let places = places(of: written.pictures.map(\.file), among: read.pictures.map(\.file))
        for (picture, place) in zip(written.pictures, places) where sentences.count < 20 {
            guard let place else {
                if !picture.objects.isEmpty { sentences.append("\(picture.file) is not there") }
                continue
            }
            let other = read.pictures[place]
            guard other.objects.count == picture.objects.count else {
                sentences.append(
                    "\(picture.file) has \(other.objects.count) objects, not \(picture.objects.count)")
                continue
            }
            var free = Array(other.objects.indices)
            for object in picture.objects {
                let name = written.classes[object.classIndex].name
                let match = free.firstIndex {
                    let candidate = other.objects[$0]
                    return read.classes[candidate.classIndex].name == name
                        && isSame(object, candidate, picture.size, limits)
                }
                guard let match else {
                    sentences.append("\(picture.file): a \(name) came back changed")
                    break
                }
                free.remove(at: match)
            }
        }
        return sentences
    }

    private static func isSame(
        _ a: LabelledObject, _ b: LabelledObject, _ size: Size, _ limits: (edge: Double, shapes: Bool)
    ) -> Bool {
        // Where the format holds the shape, the box may be the shape's own.
        if limits.shapes, a.shape != nil || b.shape != nil {
            return a.mask(size: size).iou(b.mask(size: size)) > 0.999
        }
        let (x, y) = (a.box, b.box)
        return [x.x1 - y.x1, x.y1 - y.y1, x.x2 - y.x2, x.y2 - y.y2].allSatisfy { abs($0) <= limits.edge }
    }

    /// Where each written picture is among those read: the one of its path, else one below whose path ends so,
    /// else one of its stem, which formats may have given a number.
    private static func places(of written: [String], among read: [String]) -> [Int?] {
        var free: [String: [Int]] = [:]
        for (place, file) in read.enumerated() { free[stem(file), default: []].append(place) }
        func take(_ stem: String, where fits: (String) -> Bool) -> Int? {
            let fitting = (free[stem] ?? []).filter { fits(read[$0]) }
            guard let place = fitting.min(by: { read[$0].utf8.count < read[$1].utf8.count }) else {
                return nil
            }
            free[stem]?.removeAll { $0 == place }
            return place
        }
        var places = written.map { file in take(stem(file)) { $0 == file || $0.hasSuffix("/" + file) } }
        for (index, file) in written.enumerated() where places[index] == nil {
            places[index] = take(stem(file)) { _ in true }
        }
        for (index, file) in written.enumerated() where places[index] == nil {
            var number = 2
            while places[index] == nil, free["\(stem(file))-\(number)"] != nil {
                places[index] = take("\(stem(file))-\(number)") { _ in true }
                number += 1
            }
        }
        return places
    }

    /// The last part of a path, without its ending: formats keep no more.
    private static func stem(_ file: String) -> String {
        let last = file.split(separator: "/").last.map(String.init) ?? file
        guard let dot = last.lastIndex(of: "."), dot > last.startIndex else { return last }
        return String(last[..<dot])
    }
}
