import SpanielImaging

/// An element of an XML file: enough of XML for annotations.
package struct XMLElement: Equatable {
    package let name: String
    package var attributes: [(name: String, value: String)] = []
    package var children: [XMLElement] = []
    /// The characters directly inside, joined.
    package var text = ""
    /// Where it begins, from 1.
    package var line = 0

    package subscript(attribute: String) -> String? { attributes.first { $0.name == attribute }?.value }

    package static func == (a: XMLElement, b: XMLElement) -> Bool {
        a.name == b.name && a.text == b.text && a.children == b.children
            && a.attributes.elementsEqual(b.attributes) { $0 == $1 }
    }
}

/// An element that knows its file and its place there, so that an error can name them.
struct Tag {
    let element: XMLElement
    private let file: String
    private let path: String

    /// Parses a file whose root must have this name.
    init(parsing bytes: [UInt8], name: String, root: String) throws(AnnotationError) {
        do { element = try XMLReader.parse(bytes) } catch {
            throw .xml(file: name, line: error.line, problem: error.problem)
        }
        guard element.name == root else {
            throw .xml(file: name, line: element.line, problem: "expected <\(root)>, found <\(element.name)>")
        }
        file = name
        path = root
    }

    private init(_ element: XMLElement, in parent: Tag) {
        self.element = element
        file = parent.file
        path = "\(parent.path)/\(element.name)"
    }

    var name: String { element.name }

    var children: [Tag] { element.children.map { Tag($0, in: self) } }

    func children(_ name: String) -> [Tag] {
        element.children.filter { $0.name == name }.map { Tag($0, in: self) }
    }

    func child(_ name: String) -> Tag? {
        element.children.first { $0.name == name }.map { Tag($0, in: self) }
    }

    func required(_ name: String) throws(AnnotationError) -> Tag {
        guard let child = child(name) else { throw error("<\(name)> inside", "none", at: "") }
        return child
    }

    /// The text inside, without the white space around it.
    var text: String { element.text.trimmed }

    subscript(attribute: String) -> String? { element[attribute] }

    func error(_ expected: String, _ found: String, at attribute: String) -> AnnotationError {
        .value(
            file: file, path: "line \(element.line), \(path)" + (attribute.isEmpty ? "" : " \(attribute)"),
            expected: expected, found: found
        )
    }

    func string(_ attribute: String) throws(AnnotationError) -> String {
        guard let value = element[attribute] else { throw error("text", "nothing", at: attribute) }
        return value
    }

    func double(_ attribute: String) throws(AnnotationError) -> Double {
        try double(string(attribute), at: attribute)
    }

    func int(_ attribute: String, in range: ClosedRange<Int>) throws(AnnotationError) -> Int {
        try int(string(attribute), in: range, at: attribute)
    }

    /// The number an element's text is.
    func double() throws(AnnotationError) -> Double { try double(text, at: "") }

    func int(in range: ClosedRange<Int>) throws(AnnotationError) -> Int { try int(text, in: range, at: "") }

    func double(_ text: some StringProtocol, at attribute: String) throws(AnnotationError) -> Double {
        guard let value = Numbers.double(text.trimmed) else {
            throw error("a number", text.excerpt, at: attribute)
        }
        return value
    }

    private func int(_ text: String, in range: ClosedRange<Int>, at attribute: String) throws(AnnotationError)
        -> Int
    {
        guard let value = Numbers.int(text.trimmed), range.contains(value) else {
            throw error(
                "a whole number from \(range.lowerBound) to \(range.upperBound)", text.excerpt, at: attribute)
        }
        return value
    }

    /// A picture's size as two texts say it; nil where one is missing, empty, 0 or -1.
    ///
    /// - Throws: for what is no number, or more pixels than a picture has.
    func declaredSize(_ width: String?, _ height: String?) throws(AnnotationError) -> Size? {
        func side(_ text: String, _ name: String, _ most: Int) throws(AnnotationError) -> Int? {
            let number = try double(text, at: name).rounded()
            guard number >= 1 else { return nil }
            guard let side = Int(exactly: number), side <= most else {
                throw error("a whole number from 1 to \(most)", text.excerpt, at: name)
            }
            return side
        }
        guard let width = width?.trimmed, let height = height?.trimmed, !width.isEmpty, !height.isEmpty,
            let columns = try side(width, "width", Limits.pixels),
            let rows = try side(height, "height", Limits.pixels / columns)
        else { return nil }
        return Size(width: columns, height: rows)
    }
}

extension StringProtocol {
    /// Without white space at either end.
    var trimmed: String {
        let space: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        var rest = Substring(self).utf8.drop(while: space)
        while let last = rest.last, space(last) { rest = rest.dropLast() }
        return String(decoding: rest, as: UTF8.self)
    }

    /// Short enough for a message, in quotes.
    var excerpt: String { count > 60 ? "\"\(prefix(60))…\"" : "\"\(self)\"" }
}
