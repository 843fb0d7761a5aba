import SpanielAnnotations
import SpanielFiles
import SpanielImaging
package import SpanielJSON
import SpanielPlatform

/// Writing annotations for trainers, and reading them back.
extension Studio {
    package func export(_ body: JSON) async throws -> JSON {
        guard let name = body["format"]?.string, let format = AnnotationFormat(rawValue: name),
            format != .cocoResults
        else {
            throw StudioError.value(
                name: "format", expected: "one that is written", found: body["format"]?.text() ?? "nothing")
        }
        let chosenName = body["pictures"]?.string ?? "all"
        guard let chosen = Chosen(rawValue: chosenName) else {
            throw StudioError.value(
                name: "pictures", expected: "all, reviewed or labelled", found: chosenName)
        }
        let share = body["validation"]?.double ?? 0
        guard (0...0.9).contains(share) else {
            throw StudioError.value(name: "validation", expected: "0 to 0.9", found: "\(share)")
        }
        var options = AnnotationOptions()
        options.pictures = URL(filePath: folder.path)
        switch body["lines"]?.string ?? "automatic" {
        case "automatic": options.yolo = .automatic
        case "boxes": options.yolo = .boxes
        case "segments": options.yolo = .segments
        default:
            throw StudioError.value(
                name: "lines", expected: "automatic, boxes or segments", found: body["lines"]?.text() ?? "")
        }
        let set = labelledSet(chosen)
        // Trainers want the same kind of line in every part.
        if options.yolo == .automatic {
            let shapes = set.pictures.lazy.flatMap(\.objects).contains { $0.shape != nil }
            options.yolo = shapes ? .segments : .boxes
        }
        guard !set.pictures.isEmpty else {
            throw StudioError.few(
                code: "export.nothing",
                "There is no such picture to export (sizes are known once pictures are read)")
        }
        var parts: [(name: String, set: LabelledSet)] = [("", set)]
        if share > 0 {
            let split = split(set, validation: share)
            parts = [("train", split.training), ("val", split.validation)].filter { !$0.1.pictures.isEmpty }
        }
        let place = try exportFolder(format)
        let (work, settings) = (parts, options)
        var result = try await pixels.run { try Self.write(work, format, place, settings) }
        if share > 0, parts.count < 2 {
            result.notes.append("all pictures are in one part: ask for more or less validation")
        }
        return answer(result, place)
    }

    /// A new folder for one export.
    private func exportFolder(_ format: AnnotationFormat) throws(StudioError) -> String {
        for number in 1...9999 {
            let place = "\(exports)/\(format.rawValue)-\(number)"
            guard FileKind(of: URL(filePath: place)) == .missing else { continue }
            do {
                try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            } catch { throw .notSaved(problem: "\(place) cannot be made") }
            return place
        }
        throw .notSaved(problem: "\(exports) holds 9999 exports")
    }

    private struct Written: Sendable {
        var files: [(path: String, set: LabelledSet)] = []
        var differences: [String] = []
        var notes: [String] = []
    }

    private static func write(
        _ parts: [(name: String, set: LabelledSet)], _ format: AnnotationFormat, _ place: String,
        _ options: AnnotationOptions
    ) throws -> Written {
        var written = Written()
        for (name, set) in parts {
            let path = target(format, name, in: place)
            do throws(AnnotationError) {
                written.notes += try set.write(format, to: URL(filePath: path), options: options)
                // YOLO's pictures lie in the export itself.
                var reading = options
                if format == .yolo { reading.pictures = nil }
                let read = try LabelledSet.reading(format, at: URL(filePath: path), options: reading)
                let boxes = options.yolo == .boxes
                written.differences += SetComparison.differences(set, read.set, format, boxes: boxes)
            } catch {
                if case .file(let problem) = error {
                    throw StudioError.notSaved(problem: problem.description)
                }
                throw StudioError.few(code: error.code, error.description)
            }
            written.files.append((path, set))
        }
        if format == .yolo, parts.count > 1 { try writeData(parts, place) }
        written.notes = written.notes.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        return written
    }

    private static func target(_ format: AnnotationFormat, _ name: String, in place: String) -> String {
        if format.isFolder { return name.isEmpty ? place : "\(place)/\(name)" }
        let ending = format == .cvat ? "xml" : "json"
        return "\(place)/\(name.isEmpty ? "annotations" : name).\(ending)"
    }

    /// The one file that trainers of YOLO are given, over both parts.
    private static func writeData(_ parts: [(name: String, set: LabelledSet)], _ place: String) throws {
        var text = "# Written by spaniel.\ntrain: train/images\nval: val/images\n"
        let classes = parts[0].set.classes
        text += "nc: \(classes.count)\n" + (classes.isEmpty ? "names: []\n" : "names:\n")
        for (index, label) in classes.enumerated() { text += "  \(index): \(JSON(label.name).text())\n" }
        do { try AtomicFile.write(Array(text.utf8), to: URL(filePath: "\(place)/data.yaml")) } catch {
            throw StudioError.notSaved(problem: "\(error)")
        }
    }

    private func answer(_ written: Written, _ place: String) -> JSON {
        [
            "place": JSON(place),
            "files": JSON(
                written.files.map { path, set in
                    var download: JSON = nil
                    if FileKind(of: URL(filePath: path)) == .file {
                        let id = "x\(downloads.count + 1)"
                        downloads[id] = path
                        download = JSON("/api/exports/\(id)")
                    }
                    return [
                        "name": JSON(path.split(separator: "/").last.map(String.init) ?? path),
                        "path": JSON(path), "download": download, "pictures": JSON(set.pictures.count),
                        "objects": JSON(set.objectCount),
                    ]
                }), "equal": JSON(written.differences.isEmpty),
            "differences": JSON(written.differences.prefix(20).map { JSON($0) }),
            "notes": JSON(written.notes.map { JSON($0) }),
        ]
    }

    /// An exported file's name and bytes.
    package func download(_ id: String) async throws -> (name: String, bytes: [UInt8]) {
        guard let path = downloads[id] else { throw StudioError.unknown("export") }
        let bytes = try await pixels.run { () throws -> [UInt8] in
            do { return try ReadableFile.bytes(of: URL(filePath: path), limit: 1 << 30) } catch {
                throw StudioError.unknown("export")
            }
        }
        return (path.split(separator: "/").last.map(String.init) ?? id, bytes)
    }
}
