import Logging
import SpanielHub
import SpanielPlatform

/// A model of the hub that is not on this machine.
struct MissingModel {
    /// As the user named it.
    let name: String

    /// Asks on a terminal; elsewhere nobody is there to say yes.
    func isWanted() -> Bool {
        let output = StandardError()
        guard output.isTerminal, isatty(0) == 1 else { return false }
        output.write("spaniel: \(name) is not on this machine\(described). Fetch it now? [y/N] ")
        let answer = readLine(strippingNewline: true)?.lowercased() ?? ""
        return ["y", "yes"].contains(answer)
    }

    private var described: String {
        guard let known = KnownModel.named(name), let id = known.id else { return "" }
        return " (\(id), \(Self.megabytes(known.size)) MB, \(known.license))"
    }

    /// Fetches it, with a bar on a terminal.
    ///
    /// - Returns: the model's folder, or its file.
    /// - Throws: `Failure` 69 when the hub does not give it, 73 when it cannot be written here.
    func fetch(revision: String? = nil, log: Logger = Logger()) throws -> URL {
        var bar: Progress?
        var file = ""
        let isQuiet = ["1", "ON", "YES", "TRUE"].contains(
            ProcessInfo.processInfo.environment["HF_HUB_DISABLE_PROGRESS_BARS"]?.uppercased() ?? "")
        defer { bar?.clear() }
        do {
            return try ModelStore().pull(name, revision: revision) { progress in
                if progress.file != file {
                    file = progress.file
                    bar?.clear()
                    log.debug("\(file) of \(name)")
                }
                guard !isQuiet else { return }
                if bar == nil {
                    bar = Progress(total: Self.megabytes(progress.total), unit: " MB", log: log)
                }
                bar?.reach(progress.received / 1_000_000)
            }
        } catch is CancellationError {
            throw Failure(
                .interrupted, code: "interrupted",
                "interrupted; what came of \(name) is kept, the same command goes on with it")
        } catch { throw Failure(error, about: .input) }
    }

    /// At least one.
    static func megabytes(_ bytes: Int) -> Int { max(1, (bytes + 500_000) / 1_000_000) }
}
