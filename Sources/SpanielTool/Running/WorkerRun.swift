import PerSAM
import SpanielJSON
import Tensor

/// Answers lines: one line out for each line in, in their order, written when it is known.
///
/// An answer depends on its own line, the models and the options, and on nothing else: not on the lines
/// around it, their number, the time, or the threads. So an engine may cut its work as it likes and do a part
/// of it again.
struct WorkerRun {
    private let task: PictureTask
    private let run: RunDescription
    private let output: StandardOutput

    init(_ task: PictureTask, output: StandardOutput = StandardOutput()) {
        self.task = task
        self.output = output
        run = RunDescription(task, isRecorded: true)
    }

    /// - Throws: `Failure` for what is no line's fault: an interruption, an output that cannot be written, a
    ///   fault of ours.
    func callAsFunction(_ lines: LineReader) throws {
        Interruption.finishCleanly()
        var lines = lines
        var count = 0
        do {
            while let line = try lines.next() {
                try output.write(answer(line).text() + "\n")
                count += 1
            }
        } catch {
            let failure = Failure(error, about: .input)
            guard failure.status == .interrupted else { throw failure }
            throw Failure(
                .interrupted, code: failure.code,
                "interrupted after \(count) line\(count == 1 ? "" : "s"); what was answered is whole")
        }
    }

    private func answer(_ line: LineReader.Line) throws -> JSON {
        switch line {
        case .tooLong:
            let limit =
                "expected at most \(WorkerLine.byteLimit >> 20) MiB in a line; name the picture's file with path"
            return failed(.null, nil, Failure(.unusable, code: "line.too-long", limit))
        case .bytes(let bytes):
            guard bytes.count(where: { $0 == UInt8(ascii: ",") }) <= WorkerLine.commaLimit else {
                let limit = "expected at most \(WorkerLine.commaLimit) commas in a line"
                return failed(.null, nil, Failure(.unusable, code: "line.too-long", limit))
            }
            let json: JSON
            do throws(JSONError) { json = try JSON(parsing: bytes, depthLimit: WorkerLine.depthLimit) } catch
            {
                return failed(
                    .null, nil,
                    Failure(.unusable, code: "line.json", "\(error.description); a line is one JSON object"))
            }
            return try answer(json)
        }
    }

    private func answer(_ json: JSON) throws -> JSON {
        let id = WorkerLine.id(of: json)
        var path: String?
        do {
            let line = try WorkerLine(json)
            path = line.source.path
            let work = try work(for: line)
            var stopwatch = Stopwatch()
            let picture = try line.source.picture(task.transparency)
            let result = try work(line.source.name, picture, &stopwatch)
            return answered(id, path, picture.size, result)
        } catch {
            let failure = Failure(error, about: .picture)
            // Anything else would be the same for the next line, or is not this line's doing.
            guard [.unusable, .missing, .usage].contains(failure.status) else { throw failure }
            return failed(id, path, failure)
        }
    }

    private func work(for line: WorkerLine) throws(Failure) -> PictureTask.Work {
        func failure(_ reason: String) -> Failure { Failure(.unusable, code: "line.prompt", reason) }
        if line.prompts.isEmpty {
            guard let work = task.work else {
                throw failure(
                    "neither the command line nor this line says what to look for; give the line \(Self.fields(of: task.name))"
                )
            }
            return work
        }
        let hasTexts = !line.prompts.texts.isEmpty
        let hasPlaces = !line.prompts.points.isEmpty || line.prompts.box != nil
        guard let workOfLine = task.workOfLine, hasTexts != hasPlaces, hasPlaces == (task.name == .mask)
        else {
            throw failure("spaniel \(task.name.rawValue) takes \(Self.fields(of: task.name)) from a line")
        }
        do { return try workOfLine(line.prompts) } catch { throw Failure(error, about: .picture) }
    }

    /// What of a line says what to look for.
    private static func fields(of task: TaskName) -> String {
        switch task {
        case .mask: "points, background_points and box"
        case .segment, .detect: "texts"
        case .find, .classify: "a picture only"
        }
    }

    // MARK: Answers

    /// The record of `--json` without its times, which are never twice the same.
    private func answered(_ id: JSON, _ path: String?, _ size: Size, _ result: PictureResult) -> JSON {
        var answer = answer(id, ok: true, path)
        Record.add(result, size: size, run: run, to: &answer)
        return answer
    }

    private func failed(_ id: JSON, _ path: String?, _ failure: Failure) -> JSON {
        var answer = answer(id, ok: false, path)
        Record.add(failure, to: &answer)
        return answer
    }

    /// What every answer begins with.
    private func answer(_ id: JSON, ok: Bool, _ path: String?) -> JSON {
        var answer: JSON = ["schema": JSON(Record.schema), "id": id, "ok": JSON(ok)]
        answer["image"] = path.map { JSON($0) }
        return answer
    }
}

extension RunDescription {
    /// - Parameter isRecorded: whether anybody will read the models' checksums.
    init(_ task: PictureTask, isRecorded: Bool) {
        self.init(
            task: task.name, model: .init(task.model, isRecorded: isRecorded),
            others: task.others.map { ($0.key, .init($0.model, isRecorded: isRecorded)) },
            features: task.features.map { (.init($0.model, isRecorded: isRecorded), $0.settings) },
            precision: task.model.precision.rawValue,
            instructionSet: InstructionSet.current.rawValue)
    }
}
