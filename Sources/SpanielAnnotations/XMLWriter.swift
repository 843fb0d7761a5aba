/// Puts an XML file together, one element a line.
struct XMLWriter {
    private(set) var bytes: [UInt8] = Array("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".utf8)
    private var indentation = 0
    /// How many characters XML has no way to write; they became U+FFFD.
    private(set) var replaced = 0

    /// An element with others inside.
    mutating func element(
        _ name: String, _ attributes: [(String, String)] = [], _ body: (inout XMLWriter) -> Void
    ) {
        open(name, attributes)
        put(">\n")
        indentation += 1
        body(&self)
        indentation -= 1
        indent()
        put("</\(name)>\n")
    }

    /// An element with text inside, or none.
    mutating func element(_ name: String, _ attributes: [(String, String)] = [], text: String? = nil) {
        open(name, attributes)
        if let text {
            put(">")
            escape(text)
            put("</\(name)>\n")
        } else {
            put("/>\n")
        }
    }

    private mutating func open(_ name: String, _ attributes: [(String, String)]) {
        indent()
        put("<\(name)")
        for (name, value) in attributes {
            put(" \(name)=\"")
            escape(value)
            put("\"")
        }
    }

    private mutating func indent() {
        for _ in 0..<indentation { put("  ") }
    }

    private mutating func escape(_ text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": put("&amp;")
            case "<": put("&lt;")
            case ">": put("&gt;")
            case "\"": put("&quot;")
            case "\n", "\r", "\t": put("&#\(scalar.value);")
            case "\0"..<" ", "\u{FFFE}", "\u{FFFF}":
                replaced += 1
                put("\u{FFFD}")
            default: put(String(scalar))
            }
        }
    }

    private mutating func put(_ text: String) { bytes.append(contentsOf: text.utf8) }
}
