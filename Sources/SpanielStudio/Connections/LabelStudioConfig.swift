import SpanielAnnotations
import SpanielJSON

/// What a labelling configuration of Label Studio asks for: `<RectangleLabels name="box" toName="image">` and
/// its like, with their labels.
struct LabelStudioConfig: Sendable {
    enum Kind: String, Sendable { case rectangle, polygon, brush, keypoint }

    struct Control: Sendable {
        let kind: Kind
        let name: String
        let toName: String
        let labels: [String]
    }

    private(set) var controls: [Control] = []
    /// The words of each label: its `predicted_values`, which Label Studio has for models with other names of
    /// their own, else the label itself; in the order of the labels.
    private(set) var labels: [(name: String, words: [String])] = []
    /// Under which key of a task the picture stands.
    private(set) var imageKey: String?

    private static let mostLabels = 1000

    /// - Throws: `StudioError.value` for what is no XML, or has no label for a place in a picture.
    init(_ text: String) throws(StudioError) {
        let root: XMLElement
        do throws(XMLError) { root = try XMLReader.parse(Array(text.utf8)) } catch {
            throw .value(
                name: "label_config", expected: "Label Studio's labelling configuration", found: "\(error)")
        }
        read(root)
        guard !labels.isEmpty else {
            throw .value(
                name: "label_config",
                expected: "RectangleLabels, PolygonLabels or BrushLabels with at least one Label",
                found: "none of them")
        }
        guard labels.count <= Self.mostLabels else {
            throw .value(
                name: "label_config", expected: "at most \(Self.mostLabels) labels", found: "more")
        }
    }

    private mutating func read(_ element: XMLElement) {
        let name = element.name.lowercased()
        if name == "image", let value = element["value"], value.hasPrefix("$") {
            imageKey = imageKey ?? String(value.dropFirst())
        } else if name.hasSuffix("labels"), let kind = Kind(rawValue: String(name.dropLast(6))),
            let own = element["name"], let target = element["toName"]
        {
            let found = element.children.filter { $0.name.lowercased() == "label" }
            for label in found {
                guard labels.count <= Self.mostLabels, let value = label["value"],
                    !value.allSatisfy(\.isWhitespace),
                    !labels.contains(where: { $0.name == value })
                else { continue }
                labels.append((value, Self.words(value, label["predicted_values"])))
            }
            controls.append(
                Control(kind: kind, name: own, toName: target, labels: found.compactMap { $0["value"] }))
        }
        for child in element.children { read(child) }
    }

    private static func words(_ label: String, _ predicted: String?) -> [String] {
        let listed = (predicted ?? "").split(separator: ",").map {
            String($0.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        }.filter { !$0.isEmpty }
        return listed.isEmpty ? [String(label.map { $0 == "_" ? " " : $0 })] : listed
    }

    /// The control that shows a label, of the first kind there is.
    func control(for label: String, _ kinds: [Kind]) -> Control? {
        for kind in kinds {
            if let control = controls.first(where: { $0.kind == kind && $0.labels.contains(label) }) {
                return control
            }
        }
        return nil
    }

    /// A task's link to its picture: under the configuration's key, else the first text that is one.
    func link(of task: JSON) -> String? {
        let data = task["data"]
        if let imageKey, let link = data?[imageKey]?.string { return link }
        return data?.object?.first { $0.value.string?.contains("/") == true }?.value.string
    }
}
