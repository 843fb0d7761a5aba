import SpanielFiles
package import SpanielJSON
public import SpanielPlatform

/// Reads config.json and its like as transformers does. A key that is absent or null has the default that the
/// caller gives, unknown keys are ignored, and a value of the wrong type or an unsupported one is an error
/// that names it.
public struct ConfigurationReader: Sendable {
    private let fields: JSON.Object
    private let file: String
    /// The dotted path of this section, empty at the top.
    private let path: String

    private static let byteLimit = 16 << 20

    private init(fields: JSON.Object, file: String, path: String) {
        self.fields = fields
        self.file = file
        self.path = path
    }

    /// Reads a file of at most 16 MB.
    /// - Throws: `WeightsError` if the file is missing, unreadable or no JSON object.
    public init(contentsOf url: URL) throws(WeightsError) {
        let path = url.path(percentEncoded: false)
        let bytes: [UInt8]
        do { bytes = try ReadableFile.bytes(of: url, limit: Self.byteLimit) } catch {
            if case .missing = error, FileKind(of: url.deletingLastPathComponent()) == .folder {
                let folder = url.deletingLastPathComponent().path(percentEncoded: false)
                throw .incomplete(folder: folder, expected: url.lastPathComponent, found: "no such file")
            }
            throw .file(error)
        }
        do { try self.init(JSON(parsing: bytes), file: path) } catch let error as JSONError {
            throw .configuration(
                file: path, key: "the text", found: "no JSON (\(error))", supported: "a JSON object")
        } catch let error as WeightsError { throw error } catch { preconditionFailure("\(error)") }
    }

    /// Reads a configuration that is parsed already.
    /// - Parameters:
    ///   - json: an object.
    ///   - file: the configuration's name in messages.
    package init(_ json: JSON, file: String) throws(WeightsError) {
        guard let fields = json.object else {
            throw .configuration(file: file, key: "the text", found: json.kind, supported: "a JSON object")
        }
        self.init(fields: fields, file: file, path: "")
    }

    /// Returns whether the key is there and not null.
    public func contains(_ key: String) -> Bool { value(key) != nil }

    /// Returns a section of the configuration; an absent one is empty, so that every key in it has its
    /// default.
    /// - Throws: `WeightsError.configuration` if it is no object.
    public func section(_ key: String) throws(WeightsError) -> ConfigurationReader {
        guard let value = value(key) else {
            return ConfigurationReader(fields: [:], file: file, path: full(key))
        }
        guard let fields = value.object else { throw unsupported(key, value, "an object") }
        return ConfigurationReader(fields: fields, file: file, path: full(key))
    }

    // MARK: Values

    /// Reads a whole number.
    ///
    /// - Parameters:
    ///   - key: its name in this section.
    ///   - default: the number if the key is absent.
    ///   - range: the numbers accepted; by default products of a few of them cannot overflow.
    /// - Throws: `WeightsError.configuration` if it is no whole number or outside the range.
    public func int(_ key: String, default: Int, in range: ClosedRange<Int> = 1...1 << 24)
        throws(WeightsError) -> Int
    {
        guard let value = value(key) else { return `default` }
        guard let int = value.int, range.contains(int) else {
            throw unsupported(key, value, Self.text(range))
        }
        return int
    }

    /// Reads a list of at most 100,000 whole numbers, each in `range`.
    /// - Throws: `WeightsError.configuration` if it is no such list.
    public func ints(_ key: String, default: [Int], in range: ClosedRange<Int> = 0...1 << 24)
        throws(WeightsError) -> [Int]
    {
        guard let value = value(key) else { return `default` }
        guard let ints = value.array?.map(\.int), ints.count <= 100_000,
            ints.allSatisfy({ $0.map(range.contains) == true })
        else {
            throw unsupported(key, value, "a list of \(Self.text(range))")
        }
        return ints.compactMap { $0 }
    }

    /// Reads a number in `range`.
    /// - Throws: `WeightsError.configuration` if it is no number or outside the range.
    public func double(_ key: String, default: Double, in range: ClosedRange<Double> = -1e30...1e30)
        throws(WeightsError) -> Double
    {
        guard let value = value(key) else { return `default` }
        guard let double = value.double, range.contains(double) else {
            throw unsupported(key, value, "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return double
    }

    /// Reads a list of as many numbers as the default has.
    /// - Throws: `WeightsError.configuration` if it is no such list.
    public func doubles(_ key: String, default: [Double]) throws(WeightsError) -> [Double] {
        guard let value = value(key) else { return `default` }
        guard let doubles = value.array?.map(\.double), doubles.count == `default`.count,
            !doubles.contains(nil)
        else {
            throw unsupported(key, value, "a list of \(`default`.count) numbers")
        }
        return doubles.compactMap { $0 }
    }

    /// Reads true or false.
    /// - Throws: `WeightsError.configuration` if it is neither.
    public func bool(_ key: String, default: Bool) throws(WeightsError) -> Bool {
        guard let value = value(key) else { return `default` }
        guard let bool = value.bool else { throw unsupported(key, value, "true or false") }
        return bool
    }

    /// Reads a string.
    /// - Throws: `WeightsError.configuration` if it is no string.
    public func string(_ key: String, default: String) throws(WeightsError) -> String {
        guard let value = value(key) else { return `default` }
        guard let string = value.string else { throw unsupported(key, value, "a string") }
        return string
    }

    /// Reads one of the `supported` words.
    /// - Throws: `WeightsError.configuration` if it is none of them.
    public func oneOf(_ key: String, default: String, _ supported: [String]) throws(WeightsError) -> String {
        guard let value = value(key) else { return `default` }
        guard let string = value.string, supported.contains(string) else {
            throw unsupported(key, value, supported.joined(separator: ", "))
        }
        return string
    }

    /// Checks a switch of which only one position is supported.
    /// - Throws: `WeightsError.configuration` if it is in the other.
    public func require(_ key: String, _ supported: Bool, default: Bool) throws(WeightsError) {
        guard try bool(key, default: `default`) == supported else {
            throw unsupported(key, value(key) ?? JSON(`default`), "\(supported)")
        }
    }

    /// Returns the value of a key, for what the calls above do not read, or nil if it is absent or null.
    package func value(_ key: String) -> JSON? {
        guard let value = fields[key], !value.isNull else { return nil }
        return value
    }

    /// Returns the error for a value that is not supported.
    package func unsupported(_ key: String, _ value: JSON, _ supported: String) -> WeightsError {
        let text = value.text()
        let found = text.utf8.count > 60 ? value.kind : text
        return .configuration(file: file, key: full(key), found: found, supported: supported)
    }

    private func full(_ key: String) -> String { path.isEmpty ? key : path + "." + key }

    private static func text(_ range: ClosedRange<Int>) -> String {
        "whole numbers from \(range.lowerBound) to \(range.upperBound)"
    }
}

// MARK: - Sizes

extension ConfigurationReader {
    /// A picture's size in pixels, in the ways that a preprocessor's configuration gives it.
    public enum PictureSize: Sendable, Equatable {
        /// A number alone, whose meaning depends on the preprocessor.
        case number(Int)
        /// Both sides.
        case sides(height: Int, width: Int)
        /// The shorter side; the other follows from the picture's shape.
        case shortestEdge(Int)
        /// The longer side; the other follows from the picture's shape.
        case longestEdge(Int)
    }

    /// Reads a size: a number, a pair (height first), `{height, width}`, `{shortest_edge}` or
    /// `{longest_edge}`, each from 1 to 65536 pixels.
    /// - Throws: `WeightsError.configuration` if it is none of these.
    public func pictureSize(_ key: String, default: PictureSize) throws(WeightsError) -> PictureSize {
        let expected =
            "a number, a pair, {height, width}, {shortest_edge} or {longest_edge}, each from 1 to 65536"
        guard let value = value(key) else { return `default` }
        let range = 1...65536
        func side(_ json: JSON?) throws(WeightsError) -> Int {
            guard let side = json?.int, range.contains(side) else { throw unsupported(key, value, expected) }
            return side
        }
        switch value {
        case .number: return .number(try side(value))
        case .array(let pair) where pair.count == 2:
            return .sides(height: try side(pair[0]), width: try side(pair[1]))
        case .object(let fields):
            let present = Set(fields.filter { !$0.value.isNull }.map(\.key))
            switch present {
            case ["height", "width"]:
                return .sides(height: try side(fields["height"]), width: try side(fields["width"]))
            case ["shortest_edge"]: return .shortestEdge(try side(fields["shortest_edge"]))
            case ["longest_edge"]: return .longestEdge(try side(fields["longest_edge"]))
            default: throw unsupported(key, value, expected)
            }
        default: throw unsupported(key, value, expected)
        }
    }
}
