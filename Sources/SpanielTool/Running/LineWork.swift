import PerSAM
import SpanielJSON

/// What a worker does with a line.
///
/// An answer depends on its own line, the models and the options, and on nothing else: not on the lines
/// around it, their number, the time, or the threads. So an engine may cut its work as it likes and do a part
/// of it again.
struct LineWork {
    private let task: PictureTask
    let run: RunDescription

    init(_ task: PictureTask) {
        self.task = task
        run = RunDescription(task, isRecorded: true)
    }

    /// - Throws: `Failure` for what is no line's fault: an interruption, a fault of ours.
    func answer(_ line: LineReader.Line) throws -> JSON {
        switch line {
        case .tooLong: return Self.tooLong
        case .bytes(let bytes):
            guard bytes.count(where: { $0 == UInt8(ascii: ",") }) <= WorkerLine.commaLimit else {
                let limit = "expected at most \(WorkerLine.commaLimit) commas in a line"
                return Self.failed(.null, nil, Failure(.unusable, code: "line.too-long", limit))
            }
            let json: JSON
            do throws(JSONError) { json = try JSON(parsing: bytes, depthLimit: WorkerLine.depthLimit) } catch
            {
                return Self.failed(
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
            return Self.failed(id, path, failure)
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
        var answer = Self.answer(id, ok: true, path)
        Record.add(result, size: size, run: run, to: &answer)
        return answer
    }

    /// The answer to a line that was passed over.
    static var tooLong: JSON {
        let limit =
            "expected at most \(WorkerLine.byteLimit >> 20) MiB in a line; name the picture's file with path"
        return failed(.null, nil, Failure(.unusable, code: "line.too-long", limit))
    }

    static func failed(_ id: JSON, _ path: String?, _ failure: Failure) -> JSON {
        var answer = answer(id, ok: false, path)
        Record.add(failure, to: &answer)
        return answer
    }

    /// What every answer begins with.
    private static func answer(_ id: JSON, ok: Bool, _ path: String?) -> JSON {
        var answer: JSON = ["schema": JSON(Record.schema), "id": id, "ok": JSON(ok)]
        answer["image"] = path.map { JSON($0) }
        return answer
    }
}
