/// A JSON value; numbers keep their text until they are asked for, so that large integers are never rounded.
///
/// It is our own because Foundation's `JSONDecoder` builds a tree of every file (headers of safetensors may
/// have 100 MB), accepts a key twice, which safetensors forbids, and gives no byte offset for a value of the
/// wrong kind.
package enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    /// A number as it was written, in JSON's grammar.
    case number(String)
    case string(String)
    case array([JSON])
    case object(Object)

    /// Parses one value, with only white space around it: strictly RFC 8259, in UTF-8, without a key twice in
    /// an object.
    ///
    /// - Parameter depthLimit: the number of arrays and objects that may be open at once.
    /// - Throws: `JSONError` with the byte offset of the fault.
    package init(parsing bytes: some Sequence<UInt8>, depthLimit: Int = 128) throws(JSONError) {
        var reader = JSONReader(Array(bytes), depthLimit: depthLimit)
        self = try reader.value()
        try reader.end()
    }

    package init(parsing text: String, depthLimit: Int = 128) throws(JSONError) {
        try self.init(parsing: text.utf8, depthLimit: depthLimit)
    }
}

// MARK: - Reading

extension JSON {
    package var isNull: Bool { self == .null }

    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    package var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    package var array: [JSON]? {
        if case .array(let value) = self { value } else { nil }
    }

    package var object: Object? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The number, if it is written as an integer (no point, no exponent) and fits.
    package var int: Int? {
        if case .number(let text) = self { Int(text) } else { nil }
    }

    /// The number, if it is written as an integer without a sign and fits; exact up to 2⁶⁴ − 1.
    package var uint64: UInt64? {
        if case .number(let text) = self, text.utf8.first != UInt8(ascii: "-") { UInt64(text) } else { nil }
    }

    /// The number, rounded to the nearest double.
    package var double: Double? {
        if case .number(let text) = self { Double(text) } else { nil }
    }

    /// The kind of this value, for messages.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// A field of an object; nil if it is absent or this is no object.
    ///
    /// Setting nil removes the field; setting a field on null makes an object.
    package subscript(key: String) -> JSON? {
        get { object?[key] }
        set {
            var fields: Object
            switch self {
            case .object(let object): fields = object
            case .null: fields = Object()
            default: preconditionFailure("a field \(key) cannot be set on \(kind)")
            }
            self = .null  // so that the fields are changed in place
            fields[key] = newValue
            self = .object(fields)
        }
    }

    /// An element of an array; nil if there is none or this is no array.
    package subscript(index: Int) -> JSON? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }
}

// MARK: - Building

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int) { self.init(value) }
    package init(floatLiteral value: Double) { self.init(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSON)...) { self = .object(Object(elements)) }

    package init(_ value: Bool) { self = .bool(value) }
    package init(_ value: String) { self = .string(value) }
    package init(_ value: some BinaryInteger) { self = .number(String(value)) }
    package init(_ elements: some Sequence<JSON>) { self = .array(Array(elements)) }

    /// The shortest text that reads back as the same number; infinity and NaN, which JSON lacks, become null.
    package init(_ value: some BinaryFloatingPoint & CustomStringConvertible) {
        self = value.isFinite ? .number(value.description) : .null
    }
}
