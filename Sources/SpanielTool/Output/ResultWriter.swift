import Logging
import PerSAM
import SpanielAnnotations
import SpanielFiles
import SpanielJSON
import SpanielPlatform

/// Puts the result of each picture where it was asked for: files first, then the line or block on standard
/// output that says they are there.
struct ResultWriter {
    private let run: RunDescription
    private let json: Bool
    private let folder: String?
    private let output: StandardOutput
    private let exports: Exports
    /// Where results are kept for a run that goes on with them.
    private let kept: AnswerFile?
    private let log: Logger
    private let classes: [String]
    private var names = OutputNames()
    private var found: LabelledSet

    /// The files of the whole run, and what their writers have to know.
    typealias Exports = (files: [AnnotationArgument], options: AnnotationOptions)

    /// - Parameter classes: those of the run, which fix the colours and the order of an export's categories.
    /// - Throws: `Failure`, exit code 73, when a folder cannot be made.
    init(
        _ options: OutputOptions, exports: Exports, run: RunDescription, classes: [String],
        kept: AnswerFile? = nil, output: StandardOutput = StandardOutput()
    ) throws {
        self.run = run
        self.classes = classes
        self.output = output
        self.exports = exports
        self.kept = kept
        log = options.log
        found = LabelledSet(classes: classes)
        json = options.json
        folder = options.out
        if let folder { try OutputFolder.make(folder) }
    }

    mutating func write(image: String, picture: Picture, result: PictureResult, stopwatch: Stopwatch) throws {
        var written: [String] = []
        if let folder { written = try writeFiles(in: folder, image: image, picture: picture, result: result) }
        if !exports.files.isEmpty { add(image, picture.size, result) }
        let record =
            json || kept != nil
            ? Record.success(
                image: image, size: picture.size, run: run, result: result,
                milliseconds: kept == nil ? stopwatch.milliseconds : nil
            ).text() : ""
        try kept?.append(record)
        if json { return try output.write(record + "\n") }
        try output.write(
            Summary.block(
                image: image, size: picture.size, result: result, features: run.features?.model.name,
                milliseconds: stopwatch.total, written: written))
    }

    /// Says that a picture cannot be used: a record, or for people a message, which is no result and goes to
    /// standard error.
    func write(image: String, failure: Failure) throws {
        let record = json || kept != nil ? Record.failure(image: image, failure).text() : ""
        try kept?.append(record)
        if json { try output.write(record + "\n") } else { log.error("\(failure.message)") }
    }

    // MARK: Kept results

    /// The result or the failure that an earlier run kept of a picture; nil where this run has to work it out.
    ///
    /// It stands where it stood: its files are there, and it joins the exports and standard output.
    mutating func takeUp(_ image: String) throws -> Result<PictureResult, Failure>? {
        guard let line = try kept?.next(image.utf8) else { return nil }
        let record: JSON
        do { record = try JSON(parsing: line) } catch { throw PictureResult.unreadable }
        if json { try output.write(String(decoding: line, as: UTF8.self) + "\n") }
        if let failure = Failure(record: record) {
            if !json { log.error("\(failure.message)") }
            return .failure(failure)
        }
        guard let width = record["width"]?.int, let height = record["height"]?.int, width > 0, height > 0
        else {
            throw PictureResult.unreadable
        }
        let (size, result) = (Size(width: width, height: height), try PictureResult(record: record))
        guard result.objects.allSatisfy({ $0.mask == nil || $0.mask?.size == size }) else {
            throw PictureResult.unreadable
        }
        if folder != nil { _ = names.name(for: image) }
        if !exports.files.isEmpty { add(image, size, result) }
        if !json {
            try output.write(
                Summary.block(
                    image: image, size: size, result: result, features: run.features?.model.name,
                    milliseconds: nil))
        }
        return .success(result)
    }

    /// Writes what holds the whole run.
    ///
    /// - Parameter isComplete: whether every picture was worked on.
    func finish(isComplete: Bool) throws {
        if isComplete { try kept?.finish() } else { try kept?.sync() }
        for export in exports.files { try export.write(found, exports.options, log: log) }
    }

    /// Keeps a picture's objects for the exports. An empty mask or box is no object to those who read them
    /// and is left out.
    private mutating func add(_ image: String, _ size: Size, _ result: PictureResult) {
        var labelled = LabelledPicture(file: image, size: size)
        for object in result.objects
        where object.box.area > 0 && object.box.area.isFinite && object.mask?.isEmpty != true {
            labelled.objects.append(
                LabelledObject(
                    classIndex: found.classIndex(named: object.className), box: object.box,
                    shape: object.mask.map { LabelledObject.Shape(outlining: $0) },
                    score: object.score.isFinite ? Double(object.score) : nil,
                    provenance: .model(name: run.model.name)))
        }
        found.pictures.append(labelled)
    }

    private mutating func writeFiles(
        in folder: String, image: String, picture: Picture, result: PictureResult
    ) throws -> [String] {
        let name = names.name(for: image)
        let overlay = "\(folder)/\(OutputNames.overlay(name))"
        try write(Overlay.draw(result, on: picture, classes: classes).pngData(), to: overlay)
        var written = [overlay]
        for (index, object) in result.objects.enumerated() {
            guard let mask = object.mask else { continue }
            let file = "\(folder)/\(OutputNames.mask(name, number: index + 1, className: object.className))"
            try write(PNG.encode(gray: mask.bytes(), width: mask.width, height: mask.height), to: file)
            written.append(file)
        }
        return written
    }

    private func write(_ bytes: some Collection<UInt8>, to file: String) throws {
        do { try AtomicFile.write(bytes, to: URL(filePath: file)) } catch {
            throw Failure(error, about: .output)
        }
    }
}
