import SpanielJSON

/// The header of a safetensors file, which says where each tensor lies.
///
/// It accepts what the reference does (safetensors 0.8.0), except for six things: white space before the
/// first brace; a tensor written as an array, or its type as an object; a tensor's name or a metadata key
/// that occurs twice; more than 64 axes; an extent, or a product of extents before a zero, beyond 2⁶³ − 1;
/// more than 100,000 tensors or metadata keys.
package struct SafetensorsHeader {
    /// The tensors in the order of their data.
    private(set) package var entries: [Safetensors.Entry] = []
    /// The `__metadata__` of the file.
    private(set) package var metadata: [String: String] = [:]

    /// The length in bytes of the longest header that is read, which is the reference's.
    package static let byteLimit = 100_000_000
    /// The most tensors, or metadata keys, of a file that is read.
    package static let entryLimit = 100_000
    static let rankLimit = 64
    /// The depth of nesting that the reference's parser accepts.
    private static let depthLimit = 127

    /// Parses and checks a header.
    /// - Parameters:
    ///   - bytes: the header, behind the file's first eight bytes.
    ///   - dataCount: how many bytes follow the header.
    ///   - file: the name of the file in messages.
    /// - Throws: `WeightsError.header` with what was expected and found.
    package init(parsing bytes: [UInt8], dataCount: Int, file: String) throws(WeightsError) {
        do {
            guard bytes.first == UInt8(ascii: "{") else {
                throw JSONError.unexpected(found: bytes.first, expected: "'{'", offset: 0)
            }
            var reader = JSONReader(bytes, depthLimit: Self.depthLimit)
            try read(&reader)
            try reader.end()
            try checkLayout(dataCount)
        } catch let error as JSONError {
            throw .header(file: file, tensor: nil, expected: "JSON", found: error.description)
        } catch let fault as Fault {
            throw .header(file: file, tensor: fault.tensor, expected: fault.expected, found: fault.found)
        } catch {
            throw .header(file: file, tensor: nil, expected: "a header", found: "\(error)")
        }
    }

    private struct Fault: Error {
        var tensor: String?
        let expected: String
        let found: String
    }

    // MARK: Reading

    private mutating func read(_ reader: inout JSONReader) throws {
        var names: Set<UTF8Key> = []
        try reader.openObject()
        while let name = try reader.nextKey() {
            guard names.insert(UTF8Key(name)).inserted else {
                throw JSONError.duplicateKey(name, offset: reader.keyOffset)
            }
            guard names.count <= Self.entryLimit else {
                throw Fault(expected: "at most \(Self.entryLimit) tensors", found: "more")
            }
            if name == "__metadata__" {
                try readMetadata(&reader)
            } else {
                do {
                    entries.append(try Self.readEntry(&reader, name))
                } catch var fault as Fault {
                    fault.tensor = name
                    throw fault
                }
            }
        }
    }

    private mutating func readMetadata(_ reader: inout JSONReader) throws {
        if try reader.kind() == .null { return try reader.null() }
        var keys: Set<UTF8Key> = []
        try reader.openObject()
        while let key = try reader.nextKey() {
            guard keys.insert(UTF8Key(key)).inserted else {
                throw JSONError.duplicateKey(key, offset: reader.keyOffset)
            }
            guard keys.count <= Self.entryLimit else {
                throw Fault(
                    tensor: "__metadata__", expected: "at most \(Self.entryLimit) keys", found: "more")
            }
            metadata[key] = try reader.string()
        }
    }

    private static func readEntry(_ reader: inout JSONReader, _ name: String) throws -> Safetensors.Entry {
        var type: Safetensors.ElementType?
        var shape: [UInt64]?
        var offsets: [UInt64]?
        try reader.openObject()
        while let key = try reader.nextKey() {
            let isKnown: Bool
            switch key {
            case "dtype":
                isKnown = type != nil
                let text = try reader.string()
                type = Safetensors.ElementType(rawValue: text)
                if type == nil {
                    throw Fault(expected: "a dtype such as F32, F16 or BF16", found: JSON.string(text).text())
                }
            case "shape":
                isKnown = shape != nil
                shape = try readIntegers(&reader, limit: rankLimit, "a shape of at most \(rankLimit) extents")
            case "data_offsets":
                isKnown = offsets != nil
                offsets = try readIntegers(&reader, limit: 2, "two data_offsets")
            default:
                isKnown = false
                try reader.skip()
            }
            if isKnown { throw JSONError.duplicateKey(key, offset: reader.keyOffset) }
        }
        guard let type, let shape, let offsets else {
            let absent = type == nil ? "dtype" : shape == nil ? "shape" : "data_offsets"
            throw Fault(expected: "dtype, shape and data_offsets", found: "no \(absent)")
        }
        guard offsets.count == 2 else { throw Fault(expected: "two data_offsets", found: "\(offsets.count)") }
        return try checkedEntry(name, type, shape, begin: offsets[0], end: offsets[1])
    }

    private static func readIntegers(_ reader: inout JSONReader, limit: Int, _ expected: String) throws
        -> [UInt64]
    {
        var integers: [UInt64] = []
        try reader.openArray()
        while try reader.nextElement() {
            let text = try reader.number()
            guard let value = JSON.number(text).uint64 else {
                throw Fault(expected: "whole numbers from 0 to 2^64 - 1", found: text)
            }
            guard integers.count < limit else { throw Fault(expected: expected, found: "more") }
            integers.append(value)
        }
        return integers
    }

    // MARK: Checking

    /// One tensor: its shape and kind must fill its bytes exactly.
    private static func checkedEntry(
        _ name: String, _ type: Safetensors.ElementType, _ shape: [UInt64], begin: UInt64, end: UInt64
    ) throws -> Safetensors.Entry {
        let extents = shape.compactMap { Int(exactly: $0) }
        guard extents.count == shape.count else {
            throw Fault(expected: "extents below 2^63", found: "shape \(shape)")
        }
        var bits = 1
        for factor in extents + [type.bits] {
            let (product, overflow) = bits.multipliedReportingOverflow(by: factor)
            guard !overflow else { throw Fault(expected: "fewer than 2^63 bits", found: "shape \(shape)") }
            bits = product
        }
        guard bits % 8 == 0 else { throw Fault(expected: "whole bytes", found: "\(bits) bits") }
        guard begin <= end, let first = Int(exactly: begin), let last = Int(exactly: end) else {
            throw Fault(expected: "data_offsets in order, inside the file", found: "[\(begin), \(end)]")
        }
        guard last - first == bits / 8 else {
            throw Fault(
                expected: "\(bits / 8) bytes, as shape \(shape) of \(type.rawValue) needs",
                found: "\(last - first) (data_offsets [\(begin), \(end)])")
        }
        return Safetensors.Entry(name: name, type: type, shape: extents, range: first..<last)
    }

    /// Checks that the tensors cover the data from its first byte to its last, without a hole or an overlap.
    private mutating func checkLayout(_ dataCount: Int) throws {
        entries.sort {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        }
        var end = 0
        for entry in entries {
            guard entry.range.lowerBound == end else {
                throw Fault(
                    tensor: entry.name,
                    expected: "its data to begin at byte \(end), where the tensor before ends",
                    found: "byte \(entry.range.lowerBound)")
            }
            end = entry.range.upperBound
        }
        guard end == dataCount else {
            throw Fault(
                expected: "\(end) bytes of data behind the header",
                found: "\(dataCount) (is the file cut short?)")
        }
    }
}
