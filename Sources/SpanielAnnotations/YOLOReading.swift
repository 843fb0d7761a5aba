import SpanielFiles
import SpanielImaging
import SpanielJSON
import SpanielPlatform

extension YOLO {
    /// Reads a folder with data.yaml (or classes.txt), or the file data.yaml itself; every split it names.
    ///
    /// The pictures must be there: the labels are fractions of their sizes.
    static func read(_ url: URL, _ options: AnnotationOptions, _ losses: inout Losses) throws(AnnotationError)
        -> LabelledSet
    {
        let isFile = FileKind(of: url) == .file
        let folder = isFile ? url.deletingLastPathComponent() : url
        guard isFile || FileKind(of: url) == .folder else {
            throw .file(.missing(path: url.path(percentEncoded: false)))
        }
        let candidates =
            isFile ? [url] : ["data.yaml", "data.yml", "dataset.yaml"].map { url.appending(path: $0) }
        let description = candidates.first { FileKind(of: $0) == .file }
        var classes: [String] = []
        var pictures: [String] = []
        if let description {
            let name = description.lastPathComponent
            let yaml = try yaml(description, name)
            classes = try names(yaml, name)
            pictures = try yaml.pictures(in: folder, options)
        } else {
            let list = url.appending(path: "classes.txt")
            guard FileKind(of: list) == .file else {
                throw .file(.missing(path: candidates[0].path(percentEncoded: false)))
            }
            classes = try AnnotationFile.text(of: list, name: "classes.txt").split(
                whereSeparator: \.isNewline
            ).map { $0.trimmed }
                .filter { !$0.isEmpty }
            pictures = try Self.pictures(in: "images", of: folder, options)
        }
        var set = LabelledSet(classes: classes)
        for picture in pictures {
            let size: Size
            let place =
                picture.hasPrefix("/")
                ? URL(filePath: picture)
                : options.pictures.map { $0.appending(path: picture.droppingPrefix("images/")) }
                    ?? folder.appending(path: picture)
            do { size = try Size(ofPictureAt: place) } catch { throw .picture(error) }
            let file = labels(of: picture)
            var labelled = LabelledPicture(file: picture, size: size)
            let lines = picture.hasPrefix("/") ? URL(filePath: file) : folder.appending(path: file)
            // A picture without a label file shows nothing of interest, as an empty one says too.
            if FileKind(of: lines) != .missing {
                labelled.objects = try objects(
                    AnnotationFile.text(of: lines, name: file), file: file, size, classes.count)
            }
            set.pictures.append(labelled)
        }
        return set
    }

    private struct Description {
        let yaml: YAML
        let file: String

        subscript(key: String) -> YAML.Value? {
            get throws(AnnotationError) {
                do { return try yaml[key] } catch {
                    throw .value(
                        file: file, path: "line \(error.line)", expected: error.expected, found: error.found)
                }
            }
        }

        /// The pictures of all splits, as paths from the folder of data.yaml; each once.
        func pictures(in folder: URL, _ options: AnnotationOptions) throws(AnnotationError) -> [String] {
            var base = ""
            if case .text(let path) = try self["path"], path != "." { base = path }
            // A path that is not there is one on the machine the file comes from.
            if FileKind(of: base.hasPrefix("/") ? URL(filePath: base) : folder.appending(path: base))
                != .folder
            {
                base = ""
            }
            var pictures: [String] = []
            var seen = Set<UTF8Key>()
            for split in ["train", "val", "test"] {
                let places: [String]
                switch try self[split] {
                case .text(let text): places = text.isEmpty ? [] : [text]
                case .list(let list): places = list
                case .mapping, nil: places = []
                }
                for place in places {
                    for picture in try YOLO.pictures(in: Paths.join(base, place), of: folder, options)
                    where seen.insert(UTF8Key(picture)).inserted {
                        pictures.append(picture)
                    }
                }
            }
            return pictures
        }
    }

    private static func yaml(_ url: URL, _ name: String) throws(AnnotationError) -> Description {
        let text = try AnnotationFile.text(of: url, name: name)
        do { return Description(yaml: try YAML(parsing: text), file: name) } catch {
            throw .value(file: name, path: "line \(error.line)", expected: error.expected, found: error.found)
        }
    }

    private static func names(_ yaml: Description, _ file: String) throws(AnnotationError) -> [String] {
        switch try yaml["names"] {
        case .list(let names): return names
        case .mapping(let pairs):
            var names = [String?](repeating: nil, count: pairs.count)
            for pair in pairs {
                guard let number = Int(pair.key), names.indices.contains(number), names[number] == nil else {
                    throw .value(
                        file: file, path: "names", expected: "each number from 0 to \(pairs.count - 1) once",
                        found: pair.key.excerpt)
                }
                names[number] = pair.value
            }
            return names.compactMap(\.self)
        case .text(let text):
            throw .value(file: file, path: "names", expected: "a list of names", found: text.excerpt)
        case nil: throw .value(file: file, path: "names", expected: "a list of names", found: "nothing")
        }
    }

    /// The pictures of a folder or of a text file that lists them.
    private static func pictures(in place: String, of folder: URL, _ options: AnnotationOptions)
        throws(AnnotationError) -> [String]
    {
        let url = place.hasPrefix("/") ? URL(filePath: place) : folder.appending(path: place)
        if place.hasSuffix(".txt"), FileKind(of: url) == .file {
            return try AnnotationFile.text(of: url, name: place).split(whereSeparator: \.isNewline).map {
                $0.trimmed
            }
            .filter { !$0.isEmpty }.map { Paths.join(Paths.folder(place), $0) }
        }
        // With a folder of pictures elsewhere the label files say which of them are meant.
        if FileKind(of: url) == .missing, let elsewhere = options.pictures {
            return try AnnotationFile.names(in: elsewhere, ending: Paths.pictureEndings).map {
                "\(place)/\($0)"
            }.filter {
                FileKind(of: folder.appending(path: labels(of: $0))) == .file
            }
        }
        if FileKind(of: url) == .missing, place != "images" { return [] }
        return try AnnotationFile.names(in: url, ending: Paths.pictureEndings).map { Paths.join(place, $0) }
    }

    private static func objects(
        _ text: String, file: String, _ size: Size, _ classes: Int
    ) throws(AnnotationError) -> [LabelledObject] {
        var objects: [LabelledObject] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .enumerated()
        {
            let words = line.split { $0 == " " || $0 == "\t" }
            if words.isEmpty { continue }
            func problem(_ expected: String, _ found: String) -> AnnotationError {
                .value(file: file, path: "line \(index + 1)", expected: expected, found: found)
            }
            guard let first = Double(words[0]), let label = Int(exactly: first), (0..<classes).contains(label)
            else {
                throw problem("a class from 0 to \(classes - 1)", words[0].excerpt)
            }
            var numbers: [Double] = []
            for word in words.dropFirst() {
                guard let number = Double(word), number >= -1e-6, number <= 1 + 1e-6 else {
                    throw problem("fractions of the picture's sides, 0 to 1", word.excerpt)
                }
                numbers.append(number)
            }
            // Predictions carry their score at the end, which makes the count odd.
            let score = numbers.count % 2 == 1 ? numbers.removeLast() : nil
            guard let object = object(numbers, label, size, score) else {
                throw problem(
                    "a box inside the picture, or an outline of three corners at least",
                    "\(words.count - 1) numbers")
            }
            objects.append(object)
        }
        return objects
    }

    private static func object(_ numbers: [Double], _ label: Int, _ size: Size, _ score: Double?)
        -> LabelledObject?
    {
        let (w, h) = (Double(size.width), Double(size.height))
        if numbers.count == 4 {
            let (x, y, width, height) = (numbers[0] * w, numbers[1] * h, numbers[2] * w, numbers[3] * h)
            let box = Box(
                x1: (x - width / 2).snapped, y1: (y - height / 2).snapped, x2: (x + width / 2).snapped,
                y2: (y + height / 2).snapped)
            return box.isInside(size) ? LabelledObject(classIndex: label, box: box, score: score) : nil
        }
        guard numbers.count >= 6 else { return nil }
        let ring = stride(from: 0, to: numbers.count, by: 2).map {
            Point(x: (numbers[$0] * w).snapped, y: (numbers[$0 + 1] * h).snapped)
        }
        return LabelledObject(classIndex: label, shape: .polygons([Polygon(outer: ring)]), score: score)
    }
}

extension String {
    fileprivate func droppingPrefix(_ prefix: String) -> String {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
    }
}
