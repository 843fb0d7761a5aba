import ArgumentParser
import SpanielHub
import SpanielJSON
import SpanielPlatform

/// `spaniel weights list`.
struct WeightsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Shows the models with a name, and which are on this machine.",
        discussion: "Seconds are those of one picture on two cores.")

    @Flag(help: "Print one JSON line for each model.")
    var json = false

    @Flag(help: "Only those on this machine.")
    var here = false

    func run() throws {
        let rows = rows().filter { !here || $0.folder != nil }
        let output = StandardOutput()
        if json {
            for row in rows { try output.write(row.json.text() + "\n") }
            return
        }
        let heads = ["name", "hub id", "MB", "licence", "s", "here", "for"]
        let table = [heads] + rows.map(\.cells)
        let widths = heads.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
        for cells in table {
            let line = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            try output.write(line.joined(separator: "  ").trimmingEnd + "\n")
        }
    }

    private struct Row {
        let name: String
        let known: KnownModel?
        let folder: URL?

        var cells: [String] {
            [
                name, known?.id ?? "–", known.map { "\(MissingModel.megabytes($0.size))" } ?? "–",
                known?.license ?? "–", known?.seconds.map { "\($0)" } ?? "–", folder == nil ? "" : "yes",
                known?.purpose ?? "",
            ]
        }

        var json: JSON {
            [
                "schema": 1, "name": JSON(name), "id": known?.id.map { JSON($0) } ?? nil,
                "kind": (known?.kind.rawValue).map { JSON($0) } ?? nil,
                "bytes": (known?.size).map { JSON($0) } ?? nil,
                "license": (known?.license).map { JSON($0) } ?? nil,
                "seconds": known?.seconds.map { JSON($0) } ?? nil,
                "for": (known?.purpose).map { JSON($0) } ?? nil,
                "folder": (folder?.path(percentEncoded: false)).map { JSON($0) } ?? nil,
            ]
        }
    }

    /// The known ones, then what else is here that we can use.
    private func rows() -> [Row] {
        let store = ModelStore()
        let known = KnownModel.all.map { Row(name: $0.name, known: $0, folder: try? store.locate($0.name)) }
        let ids = Set(KnownModel.all.flatMap { [$0.name, $0.id].compactMap(\.self) })
        let others =
            (store.models().filter { !$0.name.contains("/") }.map { (id: $0.name, folder: $0.folder) }
            + store.fetched().filter { ModelKind(of: $0.folder) != nil }).filter { !ids.contains($0.id) }
        return known + others.map { Row(name: $0.id, known: nil, folder: $0.folder) }
    }
}

extension String {
    fileprivate var trimmingEnd: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
