import SpanielFiles
import SpanielPlatform

/// Where a YOLO set says its classes and pictures: data.yaml as Ultralytics resolves it, darknet's obj.data,
/// or a list of classes beside the labels.
struct YOLOLayout {
    var classes: [String] = []
    /// The places of pictures, by split: folders and text files that list pictures.
    var splits: [(name: String, places: [String])] = []
    /// Points a line and numbers a point, where the labels are of poses.
    var points: (count: Int, numbers: Int)?
    /// Seen from the folder of the set: where the places start from.
    var base = ""
    /// The file that says it, for messages.
    var file = ""

    /// - Parameter url: the folder, or the file that describes it.
    init(_ url: URL) throws(AnnotationError) {
        switch FileKind(of: url) {
        case .folder: try read(folder: url)
        case .file: try read(file: url)
        default: throw .file(.missing(path: url.path(percentEncoded: false)))
        }
    }

    private mutating func read(file url: URL) throws(AnnotationError) {
        let name = url.lastPathComponent
        let lower = name.lowercased()
        file = name
        if lower.hasSuffix(".data") {
            try readDarknet(url)
        } else if lower.hasSuffix(".txt") || lower.hasSuffix(".names") || lower.hasSuffix(".labels") {
            classes = try Self.lines(of: url, name: name)
        } else {
            try readYAML(url)
        }
    }

    private mutating func read(folder: URL) throws(AnnotationError) {
        let names =
            (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))) ?? []
        let sorted = names.sorted()
        for name in ["data.yaml", "data.yml", "dataset.yaml"] where names.contains(name) {
            try read(file: folder.appending(path: name))
            return
        }
        // Another yaml with a list of names: files of hyperparameters have none.
        let others = sorted.filter {
            ($0.lowercased().hasSuffix(".yaml") || $0.lowercased().hasSuffix(".yml"))
                && Self.hasNames(folder.appending(path: $0))
        }
        if others.count > 1 {
            throw .value(
                file: folder.lastPathComponent, path: "data.yaml", expected: "one .yaml file with names",
                found: "\(others.prefix(6).joined(separator: ", ")) (name the one that is meant)")
        }
        if let other = others.first ?? sorted.first(where: { $0.lowercased().hasSuffix(".data") }) {
            try read(file: folder.appending(path: other))
            return
        }
        // labelImg writes classes.txt among its labels; Roboflow's darknet export _darknet.labels.
        let lists = ["classes.txt", "obj.names", "_darknet.labels", "predefined_classes.txt"]
        let places = ["", "labels", "images", "obj_train_data", "train", "labels/train", "train/labels"]
        for place in places {
            for list in lists {
                let name = place.isEmpty ? list : "\(place)/\(list)"
                let url = folder.appending(path: name)
                guard FileKind(of: url) == .file else { continue }
                file = name
                classes = try Self.lines(of: url, name: name)
                return
            }
        }
        throw .value(
            file: folder.path(percentEncoded: false), path: "classes",
            expected: "data.yaml, another .yaml with names, obj.data, or classes.txt (also among the labels)",
            found: "none of them")
    }

    private static func hasNames(_ url: URL) -> Bool {
        guard let text = try? AnnotationFile.text(of: url, name: ""), let yaml = try? YAML(parsing: text),
            let names = try? yaml["names"]
        else { return false }
        return names != .text("")
    }

    static func lines(of url: URL, name: String) throws(AnnotationError) -> [String] {
        try AnnotationFile.text(of: url, name: name).split(whereSeparator: \.isNewline).map(\.trimmed)
            .filter { !$0.isEmpty }
    }

    // MARK: data.yaml

    private mutating func readYAML(_ url: URL) throws(AnnotationError) {
        let text = try AnnotationFile.text(of: url, name: file)
        do throws(YAML.Problem) {
            let yaml = try YAML(parsing: text)
            classes = []
            try readNames(yaml["names"], count: yaml["nc"])
            if case .text(let path)? = try yaml["path"], path != "." { base = Self.slashes(path) }
            if case .list(let shape)? = try yaml["kpt_shape"], shape.count == 2, let count = Int(shape[0]),
                let numbers = Int(shape[1]), (1...10_000).contains(count), (2...3).contains(numbers)
            {
                points = (count, numbers)
            }
            for keys in [["train"], ["val", "valid", "validation"], ["test"]] {
                for key in keys {
                    let places: [String]
                    switch try yaml[key] {
                    case .text(let text): places = text.isEmpty ? [] : [text]
                    case .list(let list): places = list
                    case .mapping, nil: places = []
                    }
                    guard !places.isEmpty else { continue }
                    splits.append((key, places.map(Self.slashes)))
                    break
                }
            }
        } catch {
            throw .value(
                file: file, path: error.line == 0 ? "names" : "line \(error.line)",
                expected: error.expected, found: error.found)
        }
    }

    private mutating func readNames(_ names: YAML.Value?, count: YAML.Value?) throws(YAML.Problem) {
        func problem(_ expected: String, _ found: String) -> YAML.Problem {
            YAML.Problem(line: 0, expected: expected, found: found)
        }
        switch names {
        case .list(let names): classes = names
        case .mapping(let pairs):
            var names = [String?](repeating: nil, count: pairs.count)
            for pair in pairs {
                guard let number = Int(pair.key), names.indices.contains(number), names[number] == nil else {
                    throw problem("each number from 0 to \(pairs.count - 1) once", pair.key.excerpt)
                }
                names[number] = pair.value
            }
            classes = names.compactMap(\.self)
        case .text(let text): throw problem("a list of names", text.excerpt)
        case nil:
            // Ultralytics makes names of the number.
            guard case .text(let text)? = count, let count = Int(text), (1...100_000).contains(count) else {
                throw problem("a list of names", "nothing")
            }
            classes = (0..<count).map { "class_\($0)" }
        }
    }

    /// Windows' slashes as slashes.
    private static func slashes(_ path: String) -> String { String(path.map { $0 == "\\" ? "/" : $0 }) }

    // MARK: Darknet

    private mutating func readDarknet(_ url: URL) throws(AnnotationError) {
        let folder = url.deletingLastPathComponent()
        for line in try Self.lines(of: url, name: file) where !line.hasPrefix("#") {
            let parts = line.split(separator: "=", maxSplits: 1).map(\.trimmed)
            guard parts.count == 2 else { continue }
            let (key, place) = (parts[0], Self.slashes(parts[1]))
            switch key {
            case "names":
                let found = YOLOPlaces(folder).existing(place) ?? Paths.last(place)
                classes = try Self.lines(of: folder.appending(path: found), name: found)
            case "train", "valid", "val", "test": splits.append((key, [place]))
            default: break
            }
        }
        guard !classes.isEmpty else {
            throw .value(file: file, path: "names", expected: "a file of names", found: "nothing")
        }
    }
}

/// Finds what paths of other machines mean here.
struct YOLOPlaces {
    private let root: String

    init(_ folder: URL) {
        let path = folder.path(percentEncoded: false)
        root = path.isEmpty ? "." : path.hasSuffix("/") && path.count > 1 ? String(path.dropLast()) : path
    }

    func exists(_ path: String) -> Bool { FileKind(of: url(path)) != .missing }

    func url(_ path: String) -> URL {
        URL(filePath: path.hasPrefix("/") ? path : path.isEmpty ? root : "\(root)/\(path)")
    }

    /// The place as seen from the set's folder: as it is written, as Ultralytics reads it without `../`, else
    /// its longest end that is there, `valid` also as `val`; nil where none is.
    func existing(_ place: String, base: String = "") -> String? {
        let joined = Paths.join(base, place)
        if exists(joined), !place.isEmpty { return joined }
        let parts = PictureFinder.parts(of: place)
        for start in parts.indices {
            let end = parts[start...].joined(separator: "/")
            for path in [Paths.join(base, end), end] where exists(path) { return path }
        }
        let synonyms = ["valid": "val", "val": "valid", "validation": "valid"]
        for start in parts.indices {
            let end = parts[start...].map { synonyms[$0] ?? $0 }.joined(separator: "/")
            if end != parts[start...].joined(separator: "/"), exists(end) { return end }
        }
        return nil
    }
}
