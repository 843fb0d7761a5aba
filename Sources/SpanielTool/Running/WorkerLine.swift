package import PerSAM
package import SpanielJSON
import SpanielPlatform

/// One line a worker was sent: which picture, and what to look for where the command line does not say it.
///
///     {"id": 7, "path": "photos/1.jpg"}
///     {"id": "a", "bytes_b64": "iVBOR…", "points": [[12, 30]], "box": [0, 0, 64, 48]}
package struct WorkerLine {
    /// Where the picture comes from.
    package enum Source: Sendable, Equatable {
        case path(String)
        /// A picture's file in base64.
        case base64(String)
    }

    /// What a line asks in place of the command line.
    package struct Prompts: Sendable {
        package var points: [Point] = []
        package var backgroundPoints: [Point] = []
        package var box: Box?
        package var texts: [TextArgument] = []

        package var isEmpty: Bool {
            points.isEmpty && backgroundPoints.isEmpty && box == nil && texts.isEmpty
        }
    }

    /// The longest line: a picture of 48 MiB in base64.
    package static let byteLimit = 64 << 20
    /// Arrays and objects inside each other.
    package static let depthLimit = 16
    /// Commas, and so values: a value costs many times the memory of its text.
    package static let commaLimit = 1 << 14
    /// Points, or texts: each costs memory in the model.
    package static let promptLimit = 256

    package let source: Source
    package let prompts: Prompts

    /// What the answer is known by: a string or a number as it was written; null when the line has none or is
    /// none.
    package static func id(of line: JSON?) -> JSON {
        switch line?["id"] {
        case .string(let text)?: .string(text)
        case .number(let text)?: .number(text)
        default: .null
        }
    }

    /// - Parameter line: an object.
    /// - Throws: `Failure` that names the field.
    package init(_ line: JSON) throws(Failure) {
        guard let fields = line.object else {
            throw Self.failure("line.json", "expected an object, found \(line.kind)")
        }
        var prompts = Prompts()
        var sources: [Source] = []
        for (key, value) in fields {
            switch key {
            case "id":
                if Self.id(of: line) == .null && !value.isNull {
                    throw Self.failure("line.id", "id: expected a string or a number, found \(value.kind)")
                }
            case "path": sources.append(.path(try Self.path(value)))
            case "bytes_b64": sources.append(.base64(try Self.string(value, key)))
            case "points": prompts.points = try Self.points(value, key)
            case "background_points": prompts.backgroundPoints = try Self.points(value, key)
            case "box": prompts.box = try Self.box(value)
            case "texts": prompts.texts = try Self.texts(value)
            default:
                throw Self.failure(
                    "line.key",
                    "\(JSON.string(String(key.prefix(40))).text()): a line may hold id, path or bytes_b64, points, background_points, box and texts"
                )
            }
        }
        guard sources.count == 1 else {
            throw Self.failure(
                "line.picture",
                "expected one of path and bytes_b64, found \(sources.isEmpty ? "neither" : "both")")
        }
        if prompts.points.isEmpty && prompts.box == nil && !prompts.backgroundPoints.isEmpty {
            throw Self.failure(
                "line.prompt", "background_points say what is beside the object: give points or a box too")
        }
        source = sources[0]
        self.prompts = prompts
    }

    // MARK: Fields

    private static func path(_ value: JSON) throws(Failure) -> String {
        let path = try string(value, "path")
        // The system would read the name to its first zero byte only, and so another file.
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw failure("line.picture", "path: it is empty or holds a zero byte")
        }
        return path
    }

    private static func string(_ value: JSON, _ key: String) throws(Failure) -> String {
        guard let text = value.string else {
            throw failure("line.picture", "\(key): expected a string, found \(value.kind)")
        }
        return text
    }

    private static func points(_ value: JSON, _ key: String) throws(Failure) -> [Point] {
        var points: [Point] = []
        for element in try array(value, key) {
            guard let numbers = Self.numbers(element), numbers.count == 2 else {
                throw failure("line.prompt", "\(key): expected [[X, Y], …] in pixels")
            }
            points.append(Point(x: numbers[0], y: numbers[1]))
        }
        return points
    }

    private static func box(_ value: JSON) throws(Failure) -> Box {
        guard let numbers = Self.numbers(value), numbers.count == 4, numbers[2] > numbers[0],
            numbers[3] > numbers[1]
        else {
            throw failure(
                "line.prompt", "box: expected [X1, Y1, X2, Y2] in pixels, X2 greater than X1 and Y2 than Y1")
        }
        return Box(x1: numbers[0], y1: numbers[1], x2: numbers[2], y2: numbers[3])
    }

    private static func texts(_ value: JSON) throws(Failure) -> [TextArgument] {
        var texts: [TextArgument] = []
        for element in try array(value, "texts") {
            guard let text = element.string else {
                throw failure("line.prompt", "texts: expected strings, found \(element.kind)")
            }
            do throws(UsageError) { texts.append(try TextArgument(parsing: text)) } catch {
                throw failure("line.prompt", "texts: \(error.description)")
            }
        }
        return texts
    }

    private static func array(_ value: JSON, _ key: String) throws(Failure) -> [JSON] {
        guard let elements = value.array else {
            throw failure("line.prompt", "\(key): expected an array, found \(value.kind)")
        }
        guard elements.count <= promptLimit else {
            throw failure("line.prompt", "\(key): expected at most \(promptLimit), found \(elements.count)")
        }
        return elements
    }

    /// nil when one of them is none that can be a position.
    private static func numbers(_ value: JSON) -> [Double]? {
        guard let elements = value.array, elements.count <= 4 else { return nil }
        let numbers = elements.compactMap(\.double).filter { abs($0) < 1e9 }
        return numbers.count == elements.count ? numbers : nil
    }

    private static func failure(_ code: String, _ message: String) -> Failure {
        Failure(.unusable, code: code, message)
    }
}

extension WorkerLine.Source {
    /// What messages call a picture that came without a name.
    private static let nameless = "the picture in bytes_b64"

    /// - Throws: what is wrong with the picture, or `Failure` for text that is no base64.
    func picture(_ transparency: Picture.Transparency) throws -> Picture {
        switch self {
        case .path(let path): return try Picture(contentsOf: URL(filePath: path), transparency: transparency)
        case .base64(let text):
            guard let data = Data(base64Encoded: text) else {
                throw Failure(
                    .unusable, code: "line.base64",
                    "bytes_b64: it is not base64, with its padding and without line breaks")
            }
            return try Picture(decoding: data, name: Self.nameless, transparency: transparency)
        }
    }

    /// What the work knows the picture by.
    var name: String {
        if case .path(let path) = self { path } else { Self.nameless }
    }

    /// nil for a picture that came without a name.
    var path: String? {
        if case .path(let path) = self { path } else { nil }
    }
}
