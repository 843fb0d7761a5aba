import ArgumentParser
import Logging
import SpanielHub
import SpanielJSON
import SpanielPlatform
import Tensor

/// `spaniel weights verify`.
struct WeightsVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Reads models' files again and compares them with their digests.",
        discussion: """
            The digests are those that the hub names the files by; the network is not asked. Of a model that \
            did not come through the cache only the weights' structure can be checked.
            """)

    @Argument(
        help: ArgumentHelp(
            "Known names, hub ids or folders (default: every model of the hub that is here and of use).",
            valueName: "name|hub-id"))
    var names: [String] = []

    @Flag(help: "Print one JSON line for each file.")
    var json = false

    func run() throws {
        Interruption.finishCleanly()
        let store = ModelStore()
        let models =
            try names.isEmpty
            ? store.fetched().filter { ModelKind(of: $0.folder) != nil }.map { ($0.id, $0.folder) }
            : names.map { ($0, try store.locate($0)) }
        var wrong = 0
        for (name, folder) in models { wrong += try check(name, folder, store) }
        guard wrong > 0 else { return }
        throw Failure(
            .unusable, code: "weights.wrong",
            "\(wrong) \(wrong == 1 ? "file is" : "files are") wrong: remove \(wrong == 1 ? "it" : "them") as shown and fetch the model again"
        )
    }

    /// - Returns: how many files are wrong.
    private func check(_ name: String, _ model: URL, _ store: ModelStore) throws -> Int {
        let output = StandardOutput()
        let checks = try store.verify(model)
        var wrong = 0
        for check in checks {
            let verdict: (word: String, expected: String?, found: String?) =
                switch check.verdict {
                case .right: ("right", nil, nil)
                case .unknown: ("unknown", nil, nil)
                case .wrong(let expected, let found): ("wrong", expected, found)
                }
            if verdict.word == "wrong" { wrong += 1 }
            let path = check.place.path(percentEncoded: false)
            if json {
                let line: JSON = [
                    "schema": 1, "name": JSON(name), "file": JSON(check.file), "path": JSON(path),
                    "verdict": JSON(verdict.word), "expected": verdict.expected.map { JSON($0) } ?? nil,
                    "found": verdict.found.map { JSON($0) } ?? nil,
                ]
                try output.write(line.text() + "\n")
            } else if let expected = verdict.expected, let found = verdict.found {
                try output.write(
                    "\(name)  \(check.file.onOneLine)  WRONG: expected \(expected), found \(found)\n"
                        + "    rm '\(path)' && spaniel weights pull \(name)\n")
            } else {
                let word = verdict.word == "right" ? "right" : "no digest to compare with"
                try output.write("\(name)  \(check.file.onOneLine)  \(word)\n")
            }
        }
        if checks.contains(where: { $0.verdict == .unknown && $0.file.hasSuffix(".safetensors") }) {
            _ = try Weights(contentsOf: model)  // its structure, at least
        }
        return wrong
    }
}
