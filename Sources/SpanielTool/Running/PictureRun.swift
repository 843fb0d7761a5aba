import PerSAM
import SpanielAnnotations
import SpanielDrawing
import Tensor
import SpanielPlatform

/// Works through the pictures of a run: a bad one becomes an error record and the next one follows.
struct PictureRun {
    private let entries: [PictureEntry]
    private var writer: ResultWriter
    private(set) var progress: Progress
    private let transparency: Picture.Transparency

    private let keepsResults: Bool
    private let passOver: ((String) -> Void)?

    /// - Parameter ownFolders: those of the task beside the results'.
    /// - Throws: `Failure`, exit code 73, when an output cannot be made, and 65 when the results that were
    ///   kept are another run's.
    init(
        _ entries: [PictureEntry], _ options: OutputOptions, exports: ResultWriter.Exports = ([], .init()),
        ownFolders: [String] = [], _ task: PictureTask
    ) throws {
        self.entries = entries
        transparency = task.transparency
        passOver = task.passOver
        let run = RunDescription(task, isRecorded: options.json || options.resume != nil)
        let kept = try options.resume.map { folder in
            try AnswerFile(
                Paths.join(folder, OutputOptions.keptFile),
                of: run.json(Array(CommandLine.arguments.dropFirst())),
                cleaning: [options.out, options.cache].compactMap(\.self) + ownFolders
                    + exports.files.flatMap { [$0.path, Paths.folder($0.path)] })
        }
        keepsResults = kept != nil
        writer = try ResultWriter(options, exports: exports, run: run, classes: task.classes, kept: kept)
        progress = Progress(total: entries.count, log: options.log)
        let models =
            [task.model.modelName] + task.others.map(\.model.modelName)
            + (task.features.map { ["\($0.model.modelName) (\($0.settings))"] } ?? [])
        let how = "\(task.model.precision) on \(InstructionSet.current), \(Parallel.threads) threads"
        progress.detail("\(models.joined(separator: ", ")), \(how)")
        if !task.model.precision.isFast {
            progress.detail(
                "this processor has no fast instructions for \(task.model.precision): the numbers are the same, float32 may be faster"
            )
        }
    }

    /// - Parameter see: hears the result of each picture.
    /// - Throws: `Failure` when the run cannot go on, and at the end when it was interrupted or pictures
    ///   failed.
    mutating func callAsFunction(_ work: PictureTask.Work, seeing see: (PictureResult) -> Void = { _ in })
        throws
    {
        Interruption.finishCleanly()
        defer { progress.clear() }
        var failures: [Failure] = []
        var done = 0
        pictures: for entry in entries {
            progress.draw()
            if Task.isCancelled { break }
            switch try takeUp(entry) {
            case .success(let result)?: see(result)
            case .failure(let failure)?: failures.append(failure)
            case nil:
                do { see(try process(entry, work)) } catch {
                    let failure = Failure(error, about: .picture)
                    if failure.status == .interrupted { break pictures }
                    guard failure.status == .unusable || failure.status == .missing else { throw failure }
                    failures.append(failure)
                    progress.clear()
                    try writer.write(image: entry.path, failure: failure)
                }
            }
            done += 1
            progress.advance()
        }
        try writer.finish(isComplete: done == entries.count)
        if done < entries.count { throw Failure.interrupted(after: done, of: entries.count) }
        if !failures.isEmpty { throw Failure.pictures(failures, of: entries.count) }
    }

    /// What an earlier run kept of a picture.
    private mutating func takeUp(_ entry: PictureEntry) throws -> Result<PictureResult, Failure>? {
        guard keepsResults else { return nil }
        progress.clear()
        let kept = try writer.takeUp(entry.path)
        if case .success? = kept { passOver?(entry.path) }
        return kept
    }

    private mutating func process(_ entry: PictureEntry, _ work: PictureTask.Work) throws -> PictureResult {
        if let failure = entry.failure { throw failure }
        var stopwatch = Stopwatch()
        let picture = try stopwatch.time("read") {
            try Picture(contentsOf: URL(filePath: entry.path), transparency: transparency)
        }
        let result = try work(entry.path, picture, &stopwatch)
        progress.clear()
        try writer.write(image: entry.path, picture: picture, result: result, stopwatch: stopwatch)
        progress.detail(
            stopwatch.milliseconds.map { "\($0.part) \(decimals($0.milliseconds, 1)) ms" }.joined(
                separator: ", "))
        return result
    }
}
