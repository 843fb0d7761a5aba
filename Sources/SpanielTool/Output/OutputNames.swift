/// Gives every picture of a run a name for its output files: the picture's own without extension, a second
/// one of the same name with a number.
package struct OutputNames {
    /// Taken names in lower case: some file systems do not tell `A` from `a`.
    private var taken: Set<String> = []
    /// A file name has at most 255 bytes; the rest is for `.1000.CLASS.mask.png` and the temporary file's
    /// ending.
    private static let nameLimit = 120
    private static let classLimit = 60

    package init() {}

    /// `photos/cup.jpg` → `cup`, the next `cup` → `cup-2`.
    package mutating func name(for picture: String) -> String {
        let file = Paths.last(picture) ?? "picture"
        let stem = file.lastIndex(of: ".").map { $0 == file.startIndex ? file : String(file[..<$0]) } ?? file
        let base = Self.cut(Self.plain(stem, keepingDots: true), to: Self.nameLimit)
        var name = base
        var number = 2
        while !taken.insert(name.lowercased()).inserted {
            name = "\(base)-\(number)"
            number += 1
        }
        return name
    }

    package static func overlay(_ name: String) -> String { "\(name).overlay.png" }

    /// - Parameter number: the object's place in the picture's results, from 1.
    package static func mask(_ name: String, number: Int, className: String) -> String {
        "\(name).\(number).\(plain(class: className)).mask.png"
    }

    /// - Parameter number: the class's place in the run, from 1.
    package static func scores(_ name: String, number: Int, className: String) -> String {
        "\(name).\(number).\(plain(class: className)).scores.png"
    }

    /// No dot in a class: NAME.N.CLASS can then be read in one way only, whatever the picture is called.
    private static func plain(class name: String) -> String {
        cut(plain(name, keepingDots: false), to: classLimit)
    }

    /// What a file name may hold everywhere: no separators, no control characters, none of the characters
    /// other systems refuse.
    private static func plain(_ text: String, keepingDots: Bool) -> String {
        let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
            let refused =
                scalar.value < 0x20 || scalar.value == 0x7F || "/\\:*?\"<>|".unicodeScalars.contains(scalar)
            return refused || (scalar == "." && !keepingDots) ? "_" : scalar
        }
        let plain = String(String.UnicodeScalarView(scalars))
        return plain.isEmpty ? "_" : plain
    }

    private static func cut(_ text: String, to bytes: Int) -> String {
        var text = text
        while text.utf8.count > bytes { text.removeLast() }
        return text
    }
}
