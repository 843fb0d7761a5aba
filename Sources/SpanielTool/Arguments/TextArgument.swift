/// One text as it stands on the command line: `[CLASS=]words`.
package struct TextArgument: Sendable, Equatable {
    /// nil when the argument names none.
    package let className: String?
    package let words: String

    /// The class a text feeds where nothing else says so: the words themselves.
    package var defaultClass: String { className ?? words }

    package init(className: String? = nil, words: String) {
        self.className = className
        self.words = words
    }

    /// The first `=` cuts; white space around either part is no part of it. Both are looked for among
    /// scalars: before a combining mark they are no characters of their own.
    package init(parsing text: String) throws(UsageError) {
        let scalars = text.unicodeScalars
        let cut = scalars.firstIndex(of: "=")
        let className = cut.map { Self.trimmed(scalars[..<$0]) }
        let words = Self.trimmed(cut.map { scalars[scalars.index(after: $0)...] } ?? scalars[...])
        if className == "" { throw UsageError("\"\(text)\" has an empty class before \"=\"") }
        guard !words.isEmpty else {
            throw UsageError("\"\(text)\" has no words; write [CLASS=]WORDS, such as \"a red mug\"")
        }
        self.init(className: className, words: words)
    }

    private static func trimmed(_ text: Substring.UnicodeScalarView) -> String {
        var text = text.drop(while: \.properties.isWhitespace)
        while text.last?.properties.isWhitespace == true { text.removeLast() }
        return String(String.UnicodeScalarView(text))
    }
}
