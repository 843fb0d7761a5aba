import SpanielAnnotations
import SpanielEvaluation
import SpanielFiles
import SpanielImaging
package import SpanielJSON
import SpanielPlatform

/// Annotations that the browser sends.
extension Studio {
    private static var mostFiles: Int { 20_000 }

    /// Files in a folder of their own, read and thrown away again.
    func reading(_ json: JSON?) async throws -> (AnnotationFormat, AnnotationReading) {
        guard let name = json?["format"]?.string, let format = AnnotationFormat(rawValue: name) else {
            throw StudioError.value(
                name: "format", expected: "one of the formats", found: json?["format"]?.text() ?? "nothing")
        }
        guard let list = json?["files"]?.array, (1...Self.mostFiles).contains(list.count) else {
            throw StudioError.value(name: "files", expected: "1 to \(Self.mostFiles) files", found: "others")
        }
        let files = try list.map { try Self.file($0) }
        let (folder, truth) = (folder.path, format == .cocoResults ? labelledSet(.all) : nil)
        let reading = try await pixels.run { () throws -> AnnotationReading in
            let place = try Self.scratch()
            defer { try? FileManager.default.removeItem(atPath: place) }
            for file in files { try Self.put(file, in: place) }
            var options = AnnotationOptions()
            options.pictures = URL(filePath: folder)
            options.truth = truth
            options.faults = .leaveOut
            let target = format.isFolder ? place : "\(place)/\(files[0].path)"
            do throws(AnnotationError) {
                return try LabelledSet.reading(format, at: URL(filePath: target), options: options)
            } catch { throw StudioError.few(code: error.code, error.description) }
        }
        return (format, reading)
    }

    private struct SentFile: Sendable {
        let path: String
        let bytes: [UInt8]
    }

    /// A file of a request: its name stays inside the folder it goes to.
    private static func file(_ json: JSON) throws(StudioError) -> SentFile {
        let name = json["name"]?.string ?? ""
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isSafe = parts.allSatisfy {
            !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 200
                && $0.utf8.allSatisfy { $0 >= 32 && $0 != UInt8(ascii: "\\") && $0 != 127 }
        }
        guard isSafe, parts.count <= 16, name.utf8.count <= 1000 else {
            throw .value(name: "name", expected: "a path inside the folder", found: String(name.prefix(100)))
        }
        if let text = json["text"]?.string { return SentFile(path: name, bytes: Array(text.utf8)) }
        guard let coded = json["base64"]?.string, let data = Data(base64Encoded: coded) else {
            throw .value(name: name, expected: "text or base64", found: "neither")
        }
        return SentFile(path: name, bytes: [UInt8](data))
    }

    private static func scratch() throws(StudioError) -> String {
        let base = FileManager.default.temporaryDirectory.path(percentEncoded: false)
        let place = "\(base)/spaniel-\(String(UInt64.random(in: .min ... .max), radix: 16))"
        guard mkdir(place, 0o700) == 0 else {
            throw .notSaved(problem: "\(place) cannot be made (\(String(cString: strerror(errno))))")
        }
        return place
    }

    private static func put(_ file: SentFile, in place: String) throws(StudioError) {
        let path = "\(place)/\(file.path)"
        do {
            if let slash = path.lastIndex(of: "/") {
                try FileManager.default.createDirectory(
                    atPath: String(path[..<slash]), withIntermediateDirectories: true)
            }
            try AtomicFile.write(file.bytes, to: URL(filePath: path), durable: false)
        } catch { throw .notSaved(problem: "\(error)") }
    }

    /// Takes annotations over; pictures are found by the ends of their paths.
    package func importAnnotations(_ body: JSON) async throws -> JSON {
        let (format, reading) = try await reading(body)
        let places = placesOfPictures()
        var edits: [ProjectEdit] = []
        var classes: [Int64?] = Array(repeating: nil, count: reading.set.classes.count)
        var known = state.orderedClasses
        func classID(_ index: Int) -> Int64 {
            if let known = classes[index] { return known }
            let name = reading.set.classes[index].name
            if let known = known.first(where: { $0.name == name }) {
                classes[index] = known.id
                return known.id
            }
            let row = newClass(name, beside: known)
            known.append(row)
            edits.append(.put(row))
            classes[index] = row.id
            return row.id
        }
        for index in reading.set.classes.indices { _ = classID(index) }
        var (pictures, objects, repeated) = (0, 0, 0)
        var unknown: [String] = []
        for picture in reading.set.pictures {
            guard let id = places(picture.file) else {
                unknown.append(picture.file)
                continue
            }
            pictures += 1
            let labels = state.annotations(in: id)
            for object in picture.objects {
                let shape = StoredShape(box: object.box, shape: object.shape)
                let owner = classID(object.classIndex)
                if labels.contains(where: { $0.classID == owner && $0.shape == shape }) {
                    repeated += 1
                    continue
                }
                objects += 1
                edits.append(
                    .put(
                        AnnotationRecord(
                            id: project.newID(), picture: id, classID: owner, shape: shape,
                            score: object.score, provenance: object.provenance ?? .human,
                            isCrowd: object.isCrowd)))
            }
        }
        if !edits.isEmpty { try commit("imported \(objects) objects from \(format.title)", edits) }
        var notes = reading.notes.map(\.sentence) + reading.unreadable.prefix(100).map(\.description)
        if repeated > 0 { notes.append("\(repeated) objects were there already") }
        return [
            "revision": JSON(state.revision), "format": JSON(format.rawValue), "pictures": JSON(pictures),
            "objects": JSON(objects), "unknown": JSON(unknown.prefix(100).map { JSON($0) }),
            "notes": JSON(notes.map { JSON($0) }),
        ]
    }

    /// Finds pictures of the project by the paths that annotations write.
    private func placesOfPictures() -> (String) -> Int64? {
        var byPath: [String: Int64] = [:]
        var byName: [String: Int64?] = [:]
        func stem(_ name: some StringProtocol) -> String {
            guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return String(name) }
            return String(name[..<dot])
        }
        for picture in state.pictures.values {
            byPath[picture.path] = picture.id
            let last = picture.path.split(separator: "/").last.map(String.init) ?? picture.path
            for key in [last, stem(last)] {
                byName[key] = byName[key] == nil ? .some(picture.id) : .some(nil)
            }
        }
        return { file in
            if let id = byPath[file] { return id }
            let last = file.split { $0 == "/" || $0 == "\\" }.last.map(String.init) ?? file
            if let id = byName[last] ?? nil { return id }
            return byName[stem(last)] ?? nil
        }
    }

    // MARK: - Evaluation

    package func evaluate(_ body: JSON) async throws -> JSON {
        let truth: LabelledSet
        var predictions: LabelledSet
        var counted: LabelledSet
        let isOfAnnotations = body["truth"].map { !$0.isNull } ?? false
        if isOfAnnotations {
            let (_, reading) = try await reading(body["truth"])
            let places = placesOfPictures()
            var known = reading.set
            known.pictures = known.pictures.compactMap { picture in
                guard let id = places(picture.file), let record = state.pictures[id] else { return nil }
                var picture = picture
                picture.file = record.path
                return picture
            }
            let files = Set(known.pictures.map(\.file))
            truth = known
            predictions = labelledSet(order.filter { files.contains(state.pictures[$0]?.path ?? "") })
            counted = predictions
        } else {
            let reviewed = order.filter { state.isReviewed($0) }
            truth = labelledSet(.reviewed)
            predictions = foundSet(reviewed, aboveThresholds: false)
            counted = foundSet(reviewed, aboveThresholds: true)
        }
        guard truth.objectCount > 0 else {
            throw StudioError.few(
                code: "evaluate.nothing",
                isOfAnnotations
                    ? "The truth has no object in these pictures"
                    : "No reviewed picture has an object yet; mark pictures as reviewed first")
        }
        for picture in predictions.pictures.indices {
            for object in predictions.pictures[picture].objects.indices
            where predictions.pictures[picture].objects[object].score == nil || isOfAnnotations {
                predictions.pictures[picture].objects[object].score = 1
            }
        }
        if isOfAnnotations { counted = predictions }
        let (all, above) = (predictions, counted)
        let hasMasks =
            truth.pictures.contains { $0.objects.contains { $0.shape != nil } }
            && predictions.pictures.contains { $0.objects.contains { $0.shape != nil } }
        let names = Dictionary(state.classes.values.map { ($0.name, $0.id) }) { first, _ in first }
        return try await pixels.run {
            do {
                let boxes = try Self.figures(truth, all, above, .boxes)
                return [
                    "of": isOfAnnotations ? "annotations" : "suggestions",
                    "pictures": JSON(truth.pictures.count), "objects": JSON(truth.objectCount),
                    "boxes": boxes.all,
                    "masks": hasMasks ? try Self.figures(truth, all, above, .masks).all : nil,
                    "classes": JSON(
                        boxes.classes.map { name, figures in
                            [
                                "class": names[name].map { JSON(StudioID.classID($0)) } ?? nil,
                                "name": JSON(name), "boxes": figures,
                            ]
                        }),
                ]
            } catch let error as EvaluationError {
                throw StudioError.few(code: error.code, error.description)
            }
        }
    }

    private static func figures(
        _ truth: LabelledSet, _ all: LabelledSet, _ above: LabelledSet, _ kind: EvaluationKind
    ) throws -> (all: JSON, classes: [(String, JSON)]) {
        let precision = try AveragePrecision(truth: truth, predictions: all, kind: kind)
        let counts = try PrecisionRecall(truth: truth, predictions: above, kind: kind, threshold: 0)
        func json(_ figures: AveragePrecision.Figures, _ counts: PrecisionRecall.Figures?) -> JSON {
            func number(_ value: Double?) -> JSON { value.map { JSON($0.rounded(to: 4)) } ?? nil }
            return [
                "ap": number(figures.ap), "ap50": number(figures.ap50), "ap75": number(figures.ap75),
                "precision": number(counts?.precision), "recall": number(counts?.recall),
                "f1": number(counts?.f1),
            ]
        }
        return (
            json(precision.figures, counts.figures),
            precision.classes.map { row in
                (row.name, json(row.figures, counts.classes.first { $0.name == row.name }?.figures))
            }
        )
    }
}
