extension JSON {
    /// The fields of an object, in the order in which they were written; each key occurs once.
    ///
    /// It is our own because ninety lines are less than a dependency on swift-collections for every consumer.
    package struct Object: Sendable, Equatable, RandomAccessCollection, ExpressibleByDictionaryLiteral {
        package typealias Element = (key: String, value: JSON)

        private(set) package var keys: [String] = []
        private(set) package var values: [JSON] = []
        /// The place of each key, filled once a linear search would be slow.
        private var positions: [UTF8Key: Int] = [:]
        private static let linearLimit = 16

        package init() {}

        /// - Precondition: no key occurs twice.
        package init(_ fields: some Sequence<(String, JSON)>) {
            for (key, value) in fields {
                precondition(append(key, value), "the key \(key) stands twice")
            }
        }

        package init(dictionaryLiteral fields: (String, JSON)...) { self.init(fields) }

        package var startIndex: Int { 0 }
        package var endIndex: Int { keys.count }
        package subscript(position: Int) -> Element { (keys[position], values[position]) }

        package subscript(key: String) -> JSON? {
            get { position(of: key).map { values[$0] } }
            set {
                switch (position(of: key), newValue) {
                case (let position?, let value?): values[position] = value
                case (let position?, nil): remove(at: position)
                case (nil, let value?): append(key, value)
                case (nil, nil): break
                }
            }
        }

        /// Adds a field at the end, unless the key is there already.
        /// - Returns: whether the field was added.
        @discardableResult
        package mutating func append(_ key: String, _ value: JSON) -> Bool {
            guard position(of: key) == nil else { return false }
            if !positions.isEmpty {
                positions[UTF8Key(key)] = keys.count
            }
            keys.append(key)
            values.append(value)
            if positions.isEmpty && keys.count > Self.linearLimit { index() }
            return true
        }

        package static func == (a: Object, b: Object) -> Bool { a.keys == b.keys && a.values == b.values }

        private mutating func index() {
            for (position, key) in keys.enumerated() { positions[UTF8Key(key)] = position }
        }

        private mutating func remove(at position: Int) {
            keys.remove(at: position)
            values.remove(at: position)
            positions = [:]
            if keys.count > Self.linearLimit { index() }
        }

        private func position(of key: String) -> Int? {
            if !positions.isEmpty { return positions[UTF8Key(key)] }
            for position in keys.indices where UTF8Key(keys[position]) == UTF8Key(key) { return position }
            return nil
        }
    }
}

/// A string compared by its bytes.
///
/// Swift's strings are equal if they look the same; keys of JSON and names of tensors are equal if they are
/// the same bytes.
package struct UTF8Key: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (a: UTF8Key, b: UTF8Key) -> Bool {
        a.text.utf8.count == b.text.utf8.count && a.text == b.text && a.text.utf8.elementsEqual(b.text.utf8)
    }

    // The bytes are hashed, not the text: else a file could hold any number of keys that look alike and
    // collide.
    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
