import SpanielFiles
import SpanielImaging
package import SpanielPlatform

/// The one rule by which every format's pictures are found: under the name that the labels say, else by the
/// longest matching end of its path, then by name, then by name without ending, letters' case last.
///
/// Backslashes, drive letters, addresses and percent signs are put right first. With a folder of pictures the
/// search stays inside it; without one it looks beside the annotations, where the format keeps its pictures.
package struct PictureFinder {
    /// A folder to look in.
    private struct Root {
        let path: String
        let isDeep: Bool
        /// Whether a name may lead out of it, as LabelMe's do.
        let mayLeadOut: Bool
        var index: PictureIndex?
    }

    package enum Found: Equatable {
        /// The name to go by, and the place of the file.
        case file(name: String, path: String)
        /// Several files fit equally well.
        case ambiguous([String])
        case missing
    }

    /// The folder of the labelling page's exports, which hold links to the pictures beside it.
    package static let exports = "spaniel-exports"

    private var roots: [Root]

    package init(_ format: AnnotationFormat, at url: URL, pictures: URL?) {
        func path(_ url: URL) -> String {
            var path = url.path(percentEncoded: false)
            while path.count > 1, path.hasSuffix("/") { path.removeLast() }
            return path.isEmpty ? "." : path
        }
        if let pictures {
            roots = [Root(path: path(pictures), isDeep: true, mayLeadOut: false)]
            return
        }
        let isFolder = FileKind(of: url) == .folder
        let base = isFolder ? path(url) : path(url.deletingLastPathComponent())
        // A set of its own folder is looked through; what lies around a file may be anything.
        roots = [Root(path: base, isDeep: isFolder, mayLeadOut: true)]
        let places = ["images", "JPEGImages", "../images", "../JPEGImages"].filter {
            FileKind(of: URL(filePath: "\(base)/\($0)")) == .folder
        }.map { Root(path: "\(base)/\($0)", isDeep: true, mayLeadOut: false) }
        // Pascal VOC's names are names inside JPEGImages.
        roots = format == .voc ? places + roots : roots + places
    }

    /// Finds a picture.
    ///
    /// - Parameter other: another name that it may have, tried after the first by name alone.
    package mutating func find(_ name: String, or other: String? = nil) -> Found {
        for root in roots {
            let path = name.hasPrefix("/") ? name : "\(root.path)/\(name)"
            let mayBeUsed = root.mayLeadOut || !name.hasPrefix("/") && !name.contains("..")
            if mayBeUsed, !name.isEmpty, Self.isFile(path) { return .file(name: name, path: path) }
        }
        if !roots.indices.contains(where: { !index(of: $0).names.isEmpty }) { return .missing }
        var ambiguous: [String] = []
        for parts in Self.readings(of: name) + (other.map(Self.readings) ?? []) {
            let short = parts.joined(separator: "/")
            for place in roots.indices {
                let direct = "\(roots[place].path)/\(short)"
                if short != name, Self.isFile(direct) { return .file(name: short, path: direct) }
                switch index(of: place).find(parts) {
                case .file(let name, _):
                    return .file(name: name, path: "\(roots[place].path)/\(name)")
                case .ambiguous(let names): if ambiguous.isEmpty { ambiguous = names }
                case .missing: break
                }
            }
        }
        return ambiguous.isEmpty ? .missing : .ambiguous(ambiguous)
    }

    /// The picture of a stem beside or below, whatever its ending: `a/b` → `a/b.jpg`.
    package mutating func find(stem: String) -> Found {
        let parts = stem.split(separator: "/").map(String.init)
        for place in roots.indices {
            if case .file(let name, _) = index(of: place).find(stem: parts) {
                return .file(name: name, path: "\(roots[place].path)/\(name)")
            }
        }
        return .missing
    }

    /// Every picture of the folders looked in, as paths from them.
    package mutating func all() -> [String] {
        var names: [String] = []
        for place in roots.indices { names += index(of: place).names }
        return names
    }

    private mutating func index(of place: Int) -> PictureIndex {
        if let index = roots[place].index { return index }
        let root = URL(filePath: roots[place].path)
        let names =
            (try? AnnotationFile.names(
                in: root, ending: Paths.pictureEndings, deep: roots[place].isDeep)) ?? []
        let exports = "/\(Self.exports)/"
        let index = PictureIndex(
            names.filter { !$0.lowercased().hasSuffix(".mask.png") && !"/\($0)".contains(exports) })
        roots[place].index = index
        return index
    }

    private static func isFile(_ path: String) -> Bool { FileKind(of: URL(filePath: path)) == .file }

    /// The parts of a path as it is written, and with its percents read, without what is of another machine.
    static func readings(of name: String) -> [[String]] {
        var texts = [name]
        if name.utf8.contains(UInt8(ascii: "%")), let decoded = name.removingPercents, decoded != name {
            texts.append(decoded)
        }
        var readings: [[String]] = []
        for text in texts {
            let parts = parts(of: text)
            if !parts.isEmpty, !readings.contains(parts) { readings.append(parts) }
        }
        return readings
    }

    /// `C:\x\a.jpg`, `file:///x/a.jpg`, `s3://bucket/x/a.jpg?v=1`, `../x/a.jpg` → their folders and name.
    static func parts(of name: String) -> [String] {
        var text = name.contains("\\") ? String(name.map { $0 == "\\" ? "/" : $0 }) : name
        if let scheme = text.firstRange(of: "://") {
            text = String(text[scheme.upperBound...].prefix { $0 != "?" && $0 != "#" })
        }
        return text.split(separator: "/").map(String.init).filter {
            $0 != "." && $0 != ".." && !($0.utf8.count == 2 && $0.hasSuffix(":"))
        }
    }
}

/// The pictures of a folder, by the ends of their paths.
struct PictureIndex {
    let names: [String]
    /// By the name without ending in small letters.
    private var places: [String: [Int32]] = [:]

    init(_ names: [String]) {
        self.names = names
        places.reserveCapacity(names.count)
        for (place, name) in names.enumerated() {
            places[Self.key(Paths.last(name)), default: []].append(Int32(place))
        }
    }

    private static func key(_ name: String) -> String { Paths.withoutEnding(name).lowercased() }

    func find(_ parts: [String]) -> PictureFinder.Found {
        guard let last = parts.last else { return .missing }
        // A name without ending may have dots of its own.
        let candidates = (places[Self.key(last)] ?? []) + (places[last.lowercased()] ?? [])
        guard !candidates.isEmpty else { return .missing }
        let stem = Paths.withoutEnding(last)
        let rules: [(String) -> Bool] = [
            { $0 == last }, { Paths.withoutEnding($0) == stem || Paths.withoutEnding($0) == last },
            { $0.lowercased() == last.lowercased() }, { _ in true },
        ]
        for rule in rules {
            var best: [Int32] = []
            var longest = -1
            for place in candidates where !best.contains(place) {
                let other = names[Int(place)].split(separator: "/")
                guard let name = other.last, rule(String(name)) else { continue }
                let shared = Self.sharedFolders(parts.dropLast(), other.dropLast())
                if shared > longest {
                    (best, longest) = ([place], shared)
                } else if shared == longest {
                    best.append(place)
                }
            }
            if best.count == 1 { return .file(name: names[Int(best[0])], path: "") }
            if !best.isEmpty { return .ambiguous(best.map { names[Int($0)] }) }
        }
        return .missing
    }

    /// The one picture whose path without ending ends so, letters' case last.
    func find(stem parts: [String]) -> PictureFinder.Found {
        guard let last = parts.last else { return .missing }
        let candidates = (places[last.lowercased()] ?? []).map { names[Int($0)] }
        let whole = parts.joined(separator: "/")
        if let same = candidates.first(where: { Paths.withoutEnding($0) == whole }) {
            return .file(name: same, path: "")
        }
        for rule in [{ $0 == last }, { _ in true }] as [(String) -> Bool] {
            let fitting = candidates.filter { rule(Paths.withoutEnding(Paths.last($0))) }
            if fitting.count == 1 { return .file(name: fitting[0], path: "") }
        }
        return .missing
    }

    private static func sharedFolders(_ a: ArraySlice<String>, _ b: ArraySlice<Substring>) -> Int {
        zip(a.reversed(), b.reversed()).prefix { $0 == $1 }.count
    }
}

extension Reading {
    /// A picture's name and size: the size that the labels say, else the picture's own.
    ///
    /// - Parameters:
    ///   - other: another name that it may have.
    ///   - size: as the labels say it; nil where they do not, or where they cannot be right.
    ///   - prefersOwn: whether the picture's own size counts where it can be looked at.
    ///   - search: whether to look for it even where nothing asks for that.
    ///   - problem: what is thrown where neither is there.
    mutating func picture(
        _ name: String, or other: String? = nil, size: Size?, prefersOwn: Bool = false,
        search: Bool = false, problem: () -> AnnotationError
    ) throws(AnnotationError) -> (file: String, size: Size) {
        if let size, options.pictures == nil, !prefersOwn, !search { return (name, size) }
        let takesName = options.pictures != nil || search || size == nil
        switch pictures.find(name, or: other) {
        case .file(let file, let path):
            if file != name, takesName {
                losses.count(
                    "picture", "pictures",
                    "found in another folder or under another name than the labels say",
                    kind: "picture-renamed", isLoss: false)
            }
            let file = takesName ? file : name
            if let size, !prefersOwn { return (file, size) }
            do { return (file, try Size(ofPictureAt: URL(filePath: path))) } catch {
                if let size { return (file, size) }
                throw .picture(error)
            }
        case .ambiguous(let files):
            isAmbiguous(name, files)
            if let size { return (name, size) }
        case .missing: if let size { return (name, size) }
        }
        throw problem()
    }

    private mutating func isAmbiguous(_ name: String, _ files: [String]) {
        losses.count(
            "picture", "pictures", "not told from others: several files have its name",
            kind: "picture-ambiguous")
        ambiguous += 1
        guard ambiguous <= 10 else { return }
        let some = files.prefix(4).joined(separator: ", ") + (files.count > 4 ? ", …" : "")
        losses.say("\(name) may be any of \(some)")
    }

    /// What is said of a picture whose size is nowhere.
    static let sizeWanted =
        "a size, or the picture itself to take it from (say with --pictures FOLDER where it lies)"
}
