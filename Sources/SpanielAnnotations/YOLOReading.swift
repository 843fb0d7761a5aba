import SpanielFiles
import SpanielImaging
import SpanielJSON
import SpanielPlatform

extension YOLO {
    /// Reads a folder or the file that describes it; every split it names.
    ///
    /// The pictures must be there: the labels are fractions of their sizes.
    static func read(_ url: URL, _ reading: inout Reading) throws(AnnotationError) -> LabelledSet {
        let layout = try YOLOLayout(url)
        let folder = FileKind(of: url) == .file ? url.deletingLastPathComponent() : url
        let pictures = YOLOPictures(layout, in: folder, &reading)
        let names = try pictures.all(&reading)
        var set = LabelledSet(classes: layout.classes)
        let lines = YOLOLines(layout, classes: layout.classes.count)
        var labelFiles = 0
        for name in names {
            do throws(AnnotationError) {
                let place = pictures.places.url(name)
                let (file, hasLabels) = pictures.labels(of: name)
                let path = try pictures.picture(name, place, &reading)
                let size: Size
                do { size = try Size(ofPictureAt: path) } catch { throw .picture(error) }
                var picture = LabelledPicture(file: name, size: size)
                let before = reading.faultyShapes
                // A picture without a label file shows nothing of interest, as an empty one says too.
                if hasLabels {
                    labelFiles += 1
                    let bytes = try AnnotationFile.bytes(of: pictures.places.url(file))
                    picture.objects = try lines.objects(bytes, file: file, size, &reading)
                }
                if !reading.isEmptied(picture.objects, since: before) { set.pictures.append(picture) }
            } catch { reading.file(error) }
        }
        if labelFiles == 0, let first = names.first {
            throw .value(
                file: layout.file, path: "labels",
                expected: "a label file for a picture at least, such as \(pictures.labels(of: first).file)",
                found: "none for \(names.count) pictures")
        }
        return set
    }
}

/// The pictures of a YOLO set, as paths from its folder, and where their labels are.
struct YOLOPictures {
    let places: YOLOPlaces
    private let layout: YOLOLayout
    private let folder: URL
    private let elsewhere: URL?

    init(_ layout: YOLOLayout, in folder: URL, _ reading: inout Reading) {
        self.layout = layout
        self.folder = folder
        places = YOLOPlaces(folder)
        elsewhere = reading.options.pictures
    }

    /// The label file of a picture, beside it where `labels` has none, and whether there is one.
    func labels(of picture: String) -> (file: String, exists: Bool) {
        let usual = YOLO.labels(of: picture)
        if places.exists(usual) { return (usual, true) }
        let beside = Paths.withoutEnding(picture) + ".txt"
        return beside != usual && places.exists(beside) ? (beside, true) : (usual, false)
    }

    /// Where a picture lies.
    func picture(
        _ name: String, _ place: URL, _ reading: inout Reading
    ) throws(AnnotationError) -> URL {
        if elsewhere == nil, FileKind(of: place) == .file { return place }
        let inner = name.hasPrefix("images/") ? String(name.dropFirst(7)) : name
        switch reading.pictures.find(inner, or: name) {
        case .file(_, let path): return URL(filePath: path)
        case .ambiguous(let names):
            throw .value(
                file: name, path: "picture", expected: "one picture of this name",
                found: names.prefix(4).joined(separator: ", "))
        case .missing:
            if FileKind(of: place) == .file { return place }
            throw .picture(.missing(file: place.path(percentEncoded: false)))
        }
    }

    /// The pictures of all splits; each once.
    func all(_ reading: inout Reading) throws(AnnotationError) -> [String] {
        var pictures: [String] = []
        var seen = Set<UTF8Key>()
        var found: [String] = []
        // A path that is not there is one on the machine the file comes from.
        let base = places.existing(layout.base) ?? ""
        for split in layout.splits {
            for place in split.places {
                guard let here = places.existing(place, base: base) else {
                    if elsewhere != nil {
                        found += try labelled(below: place, &reading)
                        continue
                    }
                    if split.name == "test" {
                        reading.losses.say(
                            "the split test is not there and was left out: \(place)")
                        continue
                    }
                    throw .value(
                        file: layout.file, path: split.name,
                        expected: "a folder of pictures or a list of them",
                        found: "\(place), which is not there")
                }
                let inside = try self.pictures(in: here)
                found += inside.isEmpty && elsewhere != nil ? try labelled(below: here, &reading) : inside
            }
        }
        if layout.splits.isEmpty { found = try unsplit(&reading) }
        for picture in found where seen.insert(UTF8Key(picture)).inserted { pictures.append(picture) }
        return pictures
    }

    /// Of a set that names no splits: the pictures in `images`, in `train`, `val` and `test`, else all that
    /// lie in the folder.
    private func unsplit(_ reading: inout Reading) throws(AnnotationError) -> [String] {
        if FileKind(of: places.url("images")) == .folder {
            let inside = try pictures(in: "images")
            if !inside.isEmpty || elsewhere == nil { return inside }
        }
        if elsewhere != nil { return try labelled(below: "images", &reading) }
        let splits = ["train", "valid", "val", "test"].filter { FileKind(of: places.url($0)) == .folder }
        if !splits.isEmpty { return try splits.flatMapThrowing(pictures) }
        return try pictures(in: "")
    }

    /// With a folder of pictures elsewhere the label files say which of them are meant.
    private func labelled(below place: String, _ reading: inout Reading) throws(AnnotationError) -> [String] {
        reading.pictures.all().map { "\(place)/\($0)" }.filter { labels(of: $0).exists }
    }

    /// The pictures of a folder or of a text file that lists them.
    private func pictures(in place: String) throws(AnnotationError) -> [String] {
        let url = places.url(place)
        if FileKind(of: url) == .folder {
            return try AnnotationFile.names(in: url, ending: Paths.pictureEndings).map {
                place.isEmpty ? $0 : Paths.join(place, $0)
            }
        }
        if Paths.isPicture(place) { return [place] }
        // Most lines of a list are alike: what was dropped from one is tried first with the next.
        var dropped = 0
        return try YOLOLayout.lines(of: url, name: place).map { line in
            let line = String(line.map { $0 == "\\" ? "/" : $0 })
            let direct = Paths.join(Paths.folder(place), line)
            if dropped == 0, places.exists(direct) { return direct }
            let parts = PictureFinder.parts(of: line)
            for start in [dropped] + Array(parts.indices) where start < parts.count {
                let end = parts[start...].joined(separator: "/")
                for path in [Paths.join(Paths.folder(place), end), end] where places.exists(path) {
                    dropped = start
                    return path
                }
            }
            return direct
        }
    }
}

extension [String] {
    fileprivate func flatMapThrowing(
        _ body: (String) throws(AnnotationError) -> [String]
    ) throws(AnnotationError) -> [String] {
        var result: [String] = []
        for element in self { result += try body(element) }
        return result
    }
}
