extension JSON {
    /// The value as JSON text.
    ///
    /// - Parameters:
    ///   - sorted: whether fields are sorted by the bytes of their keys; otherwise they keep their order.
    ///   - pretty: whether each field or element has its own line, indented by two.
    package func text(sorted: Bool = false, pretty: Bool = false) -> String {
        String(decoding: bytes(sorted: sorted, pretty: pretty), as: UTF8.self)
    }

    /// The bytes of `text(sorted:pretty:)`.
    package func bytes(sorted: Bool = false, pretty: Bool = false) -> [UInt8] {
        var writer = JSONWriter(sorted: sorted, pretty: pretty)
        writer.write(self)
        return writer.bytes
    }
}

/// Writes a value as text.
struct JSONWriter {
    let sorted: Bool
    let pretty: Bool
    var bytes: [UInt8] = []
    private var indentation = 0

    init(sorted: Bool, pretty: Bool) {
        self.sorted = sorted
        self.pretty = pretty
    }

    mutating func write(_ value: JSON) {
        switch value {
        case .null: put("null")
        case .bool(let flag): put(flag ? "true" : "false")
        case .number(let text): put(text)
        case .string(let text): write(text)
        case .array(let elements):
            list(elements.indices, "[", "]") { writer, index in writer.write(elements[index]) }
        case .object(let fields):
            var order = Array(fields.indices)
            if sorted {
                order.sort { fields[$0].key.utf8.lexicographicallyPrecedes(fields[$1].key.utf8) }
            }
            list(order, "{", "}") { writer, index in
                writer.write(fields[index].key)
                writer.put(writer.pretty ? ": " : ":")
                writer.write(fields[index].value)
            }
        }
    }

    private mutating func list(
        _ indices: some Collection<Int>, _ open: String, _ close: String, _ item: (inout Self, Int) -> Void
    ) {
        put(open)
        indentation += 1
        var isFirst = true
        for index in indices {
            if !isFirst { put(",") }
            isFirst = false
            newLine()
            item(&self, index)
        }
        indentation -= 1
        if !isFirst { newLine() }
        put(close)
    }

    private mutating func newLine() {
        guard pretty else { return }
        put("\n")
        for _ in 0..<indentation { put("  ") }
    }

    private mutating func write(_ text: String) {
        put("\"")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): put("\\\"")
            case UInt8(ascii: "\\"): put("\\\\")
            case 0x08: put("\\b")
            case 0x09: put("\\t")
            case 0x0A: put("\\n")
            case 0x0C: put("\\f")
            case 0x0D: put("\\r")
            case 0..<0x20: put((byte < 16 ? "\\u000" : "\\u00") + String(byte, radix: 16))
            default: bytes.append(byte)
            }
        }
        put("\"")
    }

    private mutating func put(_ text: String) { bytes.append(contentsOf: text.utf8) }
}
