import SpanielImaging
import SpanielPlatform

/// The lines of a YOLO label file: a class and four fractions of a box, or of three corners at least; a score
/// may follow. Of a pose the box counts.
struct YOLOLines {
    private let classes: Int
    private let points: (count: Int, numbers: Int)?

    init(_ layout: YOLOLayout, classes: Int) {
        self.classes = classes
        points = layout.points
    }

    func objects(
        _ bytes: [UInt8], file: String, _ size: Size, _ reading: inout Reading
    ) throws(AnnotationError) -> [LabelledObject] {
        var objects: [LabelledObject] = []
        var scanner = LineScanner(bytes)
        while let line = scanner.nextLine() {
            if line.words.isEmpty { continue }
            do throws(AnnotationError) {
                let problem = { (expected: String, found: String) in
                    AnnotationError.value(
                        file: file, path: "line \(line.number)", expected: expected, found: found)
                }
                let object = try object(line, size, &reading, problem)
                let inside = try reading.inside(object, size) {
                    problem(
                        "a box inside the picture, or an outline of three corners at least",
                        "\(line.words.count - 1) numbers")
                }
                if let inside { objects.append(inside) }
            } catch { reading.shape(error) }
        }
        return objects
    }

    private func object(
        _ line: LineScanner.Line, _ size: Size, _ reading: inout Reading,
        _ problem: (_ expected: String, _ found: String) -> AnnotationError
    ) throws(AnnotationError) -> LabelledObject {
        guard let label = line.numbers[0].flatMap({ Int(exactly: $0) }), (0..<classes).contains(label) else {
            throw problem("a class from 0 to \(classes - 1)", line.words[0].excerpt)
        }
        var numbers: [Double] = []
        numbers.reserveCapacity(line.words.count - 1)
        for (word, number) in zip(line.words, line.numbers).dropFirst() {
            guard let number else {
                throw problem("fractions of the picture's sides, 0 to 1", word.excerpt)
            }
            numbers.append(number)
        }
        var score: Double?
        if let points {
            let wanted = 4 + points.count * points.numbers
            guard numbers.count == wanted || numbers.count == wanted + 1 || numbers.count == 4 else {
                throw problem(
                    "a box and \(points.count) points of \(points.numbers) numbers",
                    "\(numbers.count) numbers")
            }
            if numbers.count > 4 {
                reading.losses.count(
                    "keypoint", "keypoints", "left out: of a pose the box is read", points.count,
                    kind: "keypoints")
            }
            score = numbers.count == wanted + 1 ? numbers.last : nil
            numbers = Array(numbers[..<4])
        } else if numbers.count % 2 == 1 {
            // Predictions carry their score at the end, which makes the count odd.
            score = numbers.removeLast()
        }
        if let score, !(0...1).contains(score) {
            throw problem("a score from 0 to 1 at the end of an odd number of numbers", "\(score)")
        }
        // Pixels are no fractions; a label a little outside is.
        if let far = numbers.first(where: { abs($0) > 4 }) {
            throw problem("fractions of the picture's sides, 0 to 1", "\"\(far.short)\"")
        }
        guard let object = object(numbers, label, size, score) else {
            throw problem(
                "a box inside the picture, or an outline of three corners at least",
                "\(line.words.count - 1) numbers")
        }
        return object
    }

    private func object(_ numbers: [Double], _ label: Int, _ size: Size, _ score: Double?) -> LabelledObject?
    {
        let (w, h) = (Double(size.width), Double(size.height))
        if numbers.count == 4 {
            let (x, y, width, height) = (numbers[0] * w, numbers[1] * h, numbers[2] * w, numbers[3] * h)
            guard width >= 0, height >= 0 else { return nil }
            let box = Box(
                x1: (x - width / 2).snapped, y1: (y - height / 2).snapped, x2: (x + width / 2).snapped,
                y2: (y + height / 2).snapped)
            return LabelledObject(classIndex: label, box: box, score: score)
        }
        guard numbers.count >= 6 else { return nil }
        let ring = stride(from: 0, to: numbers.count, by: 2).map {
            Point(x: (numbers[$0] * w).snapped, y: (numbers[$0 + 1] * h).snapped)
        }
        return LabelledObject(classIndex: label, shape: .polygons([Polygon(outer: ring)]), score: score)
    }
}

/// Cuts a text into lines and words, each with the number it is.
struct LineScanner {
    struct Line {
        /// From 1.
        let number: Int
        var words: [Substring] = []
        /// nil: no finite number.
        var numbers: [Double?] = []
    }

    private let bytes: [UInt8]
    private var offset = 0
    private var number = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
    }

    /// The next line; nil at the end. A carriage return ends a line too.
    mutating func nextLine() -> Line? {
        guard offset < bytes.count else { return nil }
        number += 1
        var line = Line(number: number)
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == 0x0A || byte == 0x0D {
                offset += 1
                if byte == 0x0D, offset < bytes.count, bytes[offset] == 0x0A { offset += 1 }
                break
            }
            if byte == 0x20 || byte == 0x09 {
                offset += 1
                continue
            }
            let start = offset
            while offset < bytes.count, case let byte = bytes[offset], byte > 0x20 { offset += 1 }
            // Another control character stands for itself.
            if offset == start { offset += 1 }
            let word = String(decoding: bytes[start..<offset], as: UTF8.self)
            line.words.append(Substring(word))
            line.numbers.append(Self.double(bytes[start..<offset]) ?? Numbers.double(word))
        }
        return line
    }

    /// Digits with a point, which is nearly every word, without a text in between; nil: another way to write
    /// a number, or none.
    private static func double(_ word: ArraySlice<UInt8>) -> Double? {
        var digits: UInt64 = 0
        var count = 0
        var decimals = 0
        var hasPoint = false
        for byte in word {
            if byte == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
                continue
            }
            guard case let digit = byte &- 48, digit < 10, count < 18 else { return nil }
            digits = digits * 10 + UInt64(digit)
            count += 1
            if hasPoint { decimals += 1 }
        }
        guard count > 0, digits <= 1 << 53 else { return nil }
        return Double(digits) / powers[decimals]
    }

    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    ]
}
