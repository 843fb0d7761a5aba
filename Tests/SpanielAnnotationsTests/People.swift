import Foundation
import SpanielAnnotations
import SpanielImaging
import SpanielTestSupport

/// Labels as people have them: files by name, text or pictures of a size.
enum People {
    enum File {
        case text(String)
        case bytes([UInt8])
        case picture(Int, Int)
    }

    /// What was read, by file names and rounded corners.
    struct Read {
        let reading: AnnotationReading

        var files: [String] { reading.set.pictures.map(\.file) }
        var classes: [String] { reading.set.classes.map(\.name) }
        var sentences: [String] { reading.notes.map(\.sentence) }
        var objects: [LabelledObject] { reading.set.pictures.flatMap(\.objects) }

        /// `bolt 10,10,30,20`: class and x, y, width, height to hundredths, picture by picture.
        var boxes: [String] {
            objects.map {
                let box = $0.box
                let numbers = [box.x1, box.y1, box.x2 - box.x1, box.y2 - box.y1].map(People.short)
                return "\(reading.set.classes[$0.classIndex].name) \(numbers.joined(separator: ","))"
            }
        }

        /// `40,20 70,35 60,55 30,40`: the corners of each ring; boxes have none.
        var rings: [String] {
            objects.flatMap { object -> [String] in
                guard case .polygons(let polygons) = object.shape else { return [] }
                return polygons.map { polygon in
                    polygon.outer.map { "\(People.short($0.x)),\(People.short($0.y))" }.joined(separator: " ")
                }
            }
        }

        func count(_ kind: String) -> Int { reading.notes.first { $0.kind == kind }?.count ?? 0 }
    }

    static func short(_ value: Double) -> String {
        let hundredths = (value * 100).rounded() / 100
        return Int(exactly: hundredths).map(String.init) ?? "\(hundredths)"
    }

    /// Reads as `annotations convert` does.
    ///
    /// - Parameters:
    ///   - place: the file or folder that is named; empty: the folder of all.
    ///   - pictures: the folder named with `--pictures`.
    static func read(
        _ format: AnnotationFormat, _ files: [String: File], at place: String = "", pictures: String? = nil,
        faults: AnnotationOptions.Faults = .leaveOutShapes, strict: Bool = false, truth: LabelledSet? = nil
    ) throws -> Read {
        let folder = try ScratchFolder()
        for (name, file) in files {
            switch file {
            case .text(let text): try folder.write(name, text)
            case .bytes(let bytes): try folder.write(name, bytes)
            case .picture(let width, let height):
                try folder.write(name, blank(Size(width: width, height: height)))
            }
        }
        var options = AnnotationOptions()
        options.faults = faults
        options.isStrict = strict
        options.truth = truth
        if strict { options.border = .refuse }
        options.pictures = pictures.map { folder[$0] }
        return Read(
            reading: try LabelledSet.reading(
                format, at: place.isEmpty ? folder.url : folder[place], options: options))
    }

    /// The error of reading.
    static func failure(
        _ format: AnnotationFormat, _ files: [String: File], at place: String = "", pictures: String? = nil,
        faults: AnnotationOptions.Faults = .leaveOutShapes, strict: Bool = false, truth: LabelledSet? = nil
    ) -> String {
        do {
            _ = try read(
                format, files, at: place, pictures: pictures, faults: faults, strict: strict, truth: truth)
            return "no error"
        } catch { return "\(error)" }
    }
}
