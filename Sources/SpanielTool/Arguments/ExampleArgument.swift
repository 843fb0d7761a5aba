package import PerSAM

/// One example as it stands on the command line: `[CLASS=]IMG[#MASK | #box=X1,Y1,X2,Y2 | #point=X,Y |
/// #polygon=X,Y,…]`.
package struct ExampleArgument: Sendable, Equatable {
    /// What of the picture is the object.
    package enum Region: Sendable, Equatable {
        case mask(String)
        case box(Box)
        case point(Point)
        case polygon([Point])
    }

    package static let defaultClass = "object"

    /// nil when the argument names none.
    package let className: String?
    package let picture: String
    /// nil when the argument does not say where the object is.
    package let region: Region?

    package init(className: String? = nil, picture: String, region: Region?) {
        self.className = className
        self.picture = picture
        self.region = region
    }

    /// Reads an argument. A file name may hold `=` and `#` too: where a cut leaves the name of a file that
    /// exists, that cut is meant.
    package init(parsing text: String, exists: (String) -> Bool) throws(UsageError) {
        let (front, fragment) = Self.cutRegion(text, exists: exists)
        let (className, picture) = Self.cutClass(front, exists: exists)
        guard !picture.isEmpty else {
            throw UsageError("\"\(text)\" names no picture; write [CLASS=]IMG#MASK")
        }
        if let className, className.isEmpty {
            throw UsageError("\"\(text)\" has an empty class before \"=\"")
        }
        self.init(
            className: className, picture: picture,
            region: try fragment.map { (part) throws(UsageError) in try Self.region(part, of: text) })
    }

    private static func region(_ fragment: String, of text: String) throws(UsageError) -> Region {
        if let rest = fragment.after("box=") { return .box(try Coordinates.box(rest)) }
        if let rest = fragment.after("point=") { return .point(try Coordinates.point(rest)) }
        if let rest = fragment.after("polygon=") { return .polygon(try Coordinates.polygon(rest)) }
        guard !fragment.isEmpty else {
            throw UsageError(
                "\"\(text)\" ends after \"#\"; a mask file, box=, point= or polygon= must follow")
        }
        return .mask(fragment)
    }

    /// Cuts at a `#`: the last one whose left side is a file, else the first.
    private static func cutRegion(_ text: String, exists: (String) -> Bool) -> (
        front: String, fragment: String?
    ) {
        func isPicture(_ front: String) -> Bool {
            exists(front) || exists(cutClass(front, exists: exists).picture)
        }
        let cuts = text.indices.filter { text[$0] == "#" }
        guard let first = cuts.first, !isPicture(text) else { return (text, nil) }
        let cut = cuts.last { isPicture(String(text[..<$0])) } ?? first
        return (String(text[..<cut]), String(text[text.index(after: cut)...]))
    }

    /// Cuts at the first `=`, unless the whole is a file.
    private static func cutClass(_ text: String, exists: (String) -> Bool) -> (
        className: String?, picture: String
    ) {
        guard !exists(text), let cut = text.firstIndex(of: "=") else { return (nil, text) }
        return (String(text[..<cut]), String(text[text.index(after: cut)...]))
    }
}
