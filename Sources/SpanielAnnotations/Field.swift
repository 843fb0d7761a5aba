import SpanielImaging
import SpanielJSON

/// A value in an annotation file that knows its place, so that an error can name it.
struct Field {
    let value: JSON?
    private let file: String
    private let path: String

    init(_ value: JSON?, file: String, path: String) {
        self.value = value
        self.file = file
        self.path = path
    }

    /// Another value in the place of one, for messages.
    init(_ value: JSON?, like other: Field) { self.init(value, file: other.file, path: other.path) }

    subscript(key: String) -> Field {
        Field(value?[key], file: file, path: path.isEmpty ? key : "\(path).\(key)")
    }

    subscript(index: Int) -> Field { Field(value?[index], file: file, path: "\(path)[\(index)]") }

    /// Absent or null.
    var isMissing: Bool { value?.isNull ?? true }

    var isObject: Bool { value?.object != nil }

    /// - Parameter found: nil: the value itself, or as much of it as suits a message.
    func error(expected: String, found: String? = nil) -> AnnotationError {
        .value(
            file: file, path: path, expected: expected, found: found ?? value.map(Self.excerpt) ?? "nothing")
    }

    /// A value short enough for a message.
    private static func excerpt(_ value: JSON) -> String {
        switch value {
        case .array(let elements) where elements.count > 4: "a list of \(elements.count)"
        case .object(let fields): "an object of \(fields.keys.prefix(6).joined(separator: ", "))"
        default: value.text().count > 60 ? value.text().prefix(60) + "…" : value.text()
        }
    }

    func int() throws(AnnotationError) -> Int {
        guard let int = value?.whole else { throw error(expected: "a whole number") }
        return int
    }

    func int(in range: ClosedRange<Int>) throws(AnnotationError) -> Int {
        guard let int = value?.whole, range.contains(int) else {
            throw error(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return int
    }

    func double() throws(AnnotationError) -> Double {
        guard let double = value?.number else { throw error(expected: "a number") }
        return double
    }

    func string() throws(AnnotationError) -> String {
        guard let string = value?.string else { throw error(expected: "text") }
        return string
    }

    /// A list of numbers. A file may hold millions of them: only a wrong one gets its place spelt out.
    func numbers() throws(AnnotationError) -> [Double] {
        guard let array = value?.array else { throw error(expected: "a list of numbers") }
        let numbers = array.map { $0.number ?? .nan }
        if let wrong = numbers.firstIndex(where: { !$0.isFinite }) {
            throw self[wrong].error(expected: "a number")
        }
        return numbers
    }

    /// A list of whole numbers.
    func ints() throws(AnnotationError) -> [Int] {
        guard let array = value?.array else { throw error(expected: "a list of whole numbers") }
        var ints: [Int] = []
        ints.reserveCapacity(array.count)
        for (index, element) in array.enumerated() {
            guard let int = element.whole else { throw self[index].error(expected: "a whole number") }
            ints.append(int)
        }
        return ints
    }

    func elements<T>(_ read: (Field) throws(AnnotationError) -> T) throws(AnnotationError) -> [T] {
        try enumerated { _, field throws(AnnotationError) in try read(field) }
    }

    func enumerated<T>(_ read: (Int, Field) throws(AnnotationError) -> T) throws(AnnotationError) -> [T] {
        guard let array = value?.array else { throw error(expected: "a list") }
        var result: [T] = []
        result.reserveCapacity(array.count)
        for (index, element) in array.enumerated() {
            result.append(try read(index, Field(element, file: file, path: "\(path)[\(index)]")))
        }
        return result
    }

    /// The fields of an object beyond those named here.
    ///
    /// - Parameter isDefault: those it is true for say nothing and are dropped.
    func others(_ known: String..., unless isDefault: (String, JSON) -> Bool = { _, _ in false })
        -> JSON.Object
    {
        guard let fields = value?.object else { return JSON.Object() }
        var others = JSON.Object()
        for (key, value) in fields where !known.contains(key) && !isDefault(key, value) {
            others.append(key, value)
        }
        return others
    }

    /// A picture's size, from the fields of these names.
    func size(width: String = "width", height: String = "height") throws(AnnotationError) -> Size {
        let columns = try self[width].side(in: 1...Limits.pixels)
        return Size(width: columns, height: try self[height].side(in: 1...Limits.pixels / columns))
    }

    /// A picture's side; some programs write it with decimals.
    private func side(in range: ClosedRange<Int>) throws(AnnotationError) -> Int {
        guard let side = value?.number.flatMap({ Int(exactly: $0.rounded()) }), range.contains(side) else {
            throw error(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return side
    }

    /// What is said of a box that is refused for reaching out of its picture.
    ///
    /// - Parameter box: the box; nil: the value says it itself.
    func outside(_ size: Size, _ box: Box? = nil) -> AnnotationError {
        error(
            expected: "a box inside the picture's \(size.width) x \(size.height) pixels",
            found: box?.extentText)
    }
}
