/// One `--export`: where the results of the whole run go, and in which format.
package enum ExportArgument: Sendable, Equatable {
    case coco(path: String)

    package init(parsing text: String) throws(UsageError) {
        guard let path = text.after("coco:") else {
            throw UsageError("\"\(text)\" is not FORMAT:PATH with a format that is known; write coco:FILE")
        }
        guard !path.isEmpty else { throw UsageError("\"\(text)\" names no file; write coco:FILE") }
        self = .coco(path: String(path))
    }
}
