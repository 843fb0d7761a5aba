import SpanielJSON

/// The pictures that results mean by their `image_id`: the truth's number, else the file's path, its last
/// part, or that without its ending, as a text or as the number it is.
final class PictureIDs {
    private let numbers: [Int: Int]
    private let files: [UTF8Key: Int]
    /// nil: two pictures have the name.
    private let names: [UTF8Key: Int?]
    /// How many were found by name.
    private(set) var byName = 0

    init(_ set: LabelledSet) {
        let ids = COCO.ids(set.pictures.map(\.number), from: .min)
        files = Dictionary(set.pictures.enumerated().map { (UTF8Key($0.element.file), $0.offset) }) {
            first, _ in first
        }
        numbers = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($0.element, $0.offset) })
        var names: [UTF8Key: Int?] = [:]
        for (place, picture) in set.pictures.enumerated() {
            let last = Paths.last(picture.file)
            let stem = Paths.withoutEnding(last)
            var keys: Set<UTF8Key> = [UTF8Key(picture.file), UTF8Key(last), UTF8Key(stem)]
            if let number = Int(stem) { keys.insert(UTF8Key(String(number))) }
            for key in keys { names[key] = names[key] == nil ? .some(place) : .some(nil) }
        }
        self.names = names
    }

    func place(of id: JSON?) -> Int? {
        if let number = id?.whole, id?.bool == nil, let place = numbers[number] { return place }
        if let file = id?.string, let place = files[UTF8Key(file)] {
            byName += 1
            return place
        }
        let texts: [String] =
            switch id {
            case .string(let text)?:
                [text, Paths.last(text), Paths.withoutEnding(Paths.last(text))]
            case .number?: id?.whole.map { [String($0)] } ?? []
            default: []
            }
        for text in texts {
            if case .some(.some(let place)) = names[UTF8Key(text)] {
                byName += 1
                return place
            }
        }
        return nil
    }
}
