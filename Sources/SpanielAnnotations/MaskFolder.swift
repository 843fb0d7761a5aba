import SpanielFiles
import SpanielImaging
import SpanielJSON
import SpanielPlatform

/// A folder of black and white PNG files, one an object, as `spaniel --out` writes them:
/// NAME.N.CLASS.mask.png.
///
/// NAME is the picture's name without its ending; in CLASS what a file name cannot hold, and the dot, stand
/// as %XX.
enum MaskFolder {
    private static let ending = ".mask.png"

    static func read(_ url: URL, _ reading: inout Reading) throws(AnnotationError) -> LabelledSet {
        var found: [(stem: String, number: Int, object: String, name: String)] = []
        for name in try AnnotationFile.names(in: url, ending: [ending]) {
            let parts = name.dropLast(ending.count).split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count >= 3, let number = Int(parts[parts.count - 2]), number >= 1 else {
                reading.file(
                    .value(
                        file: name, path: "name", expected: "PICTURE.NUMBER.CLASS.mask.png",
                        found: name.excerpt))
                continue
            }
            found.append(
                (parts.dropLast(2).joined(separator: "."), number, String(parts[parts.count - 1]), name))
        }
        found.sort { ($0.stem, $0.number) < ($1.stem, $1.number) }
        let files = try pictures(reading.options)
        var table = ClassTable()
        var pictures: [LabelledPicture] = []
        for (stem, _, label, name) in found {
            do throws(AnnotationError) {
                let mask: Mask
                do { mask = try Mask(contentsOf: url.appending(path: name)) } catch { throw .picture(error) }
                let file = files[UTF8Key(stem)] ?? stem
                if let last = pictures.last, last.file == file, last.size != mask.size {
                    throw .picture(.maskSize(file: name, expected: last.size, found: mask.size))
                }
                if pictures.last?.file != file {
                    pictures.append(LabelledPicture(file: file, size: mask.size))
                }
                let corner = Box(x1: 0, y1: 0, x2: 0, y2: 0)
                pictures[pictures.count - 1].objects.append(
                    LabelledObject(
                        classIndex: table.index(of: decoded(label)), box: mask.box ?? corner,
                        shape: .mask(mask.rle)))
            } catch { reading.file(error) }
        }
        return table.set(sorted: pictures)
    }

    /// The pictures of the folder they lie in, by their names without ending.
    private static func pictures(_ options: AnnotationOptions) throws(AnnotationError) -> [UTF8Key: String] {
        guard let folder = options.pictures else { return [:] }
        let names = try AnnotationFile.names(in: folder, ending: Paths.pictureEndings).filter {
            !$0.hasSuffix(ending)
        }
        return Dictionary(names.map { (UTF8Key(Paths.withoutEnding($0)), $0) }) { first, _ in first }
    }

    static func write(_ set: LabelledSet, to url: URL, _ losses: inout Losses) throws(AnnotationError) {
        losses.compare(set, with: [.shapes], of: .masks)
        var names = FileNames()
        var boxes = 0
        let stems = set.pictures.map { names.stem(for: $0.file) }
        try AnnotationFile.writeFolder(url) { write throws(FileError) in
            for (picture, stem) in zip(set.pictures, stems) {
                for (index, object) in picture.objects.enumerated() {
                    if object.shape == nil { boxes += 1 }
                    let label = encoded(set.classes[object.classIndex].name)
                    try write(
                        "\(stem).\(index + 1).\(label)\(ending)",
                        [UInt8](object.mask(size: picture.size).pngData()))
                }
            }
        }
        losses.count("box", "boxes", "written as the mask of the pixels inside", boxes)
        losses.say("the endings of the pictures' names left out")
    }

    private static func encoded(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars {
            if scalar.value < 0x20 || scalar.value == 0x7F || "%./\\:*?\"<>|".unicodeScalars.contains(scalar)
            {
                text +=
                    "%" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16, uppercase: true)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text.isEmpty ? "%" : text
    }

    private static func decoded(_ label: String) -> String {
        label == "%" ? "" : label.removingPercents ?? label
    }
}
