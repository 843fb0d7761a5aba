import SpanielJSON
import SpanielPlatform
import Tensor

/// Answers lines: one line out for each line in, in their order, written when it is known.
struct WorkerRun {
    private let answer: (LineReader.Line) throws -> String
    /// Where answers go; nil: to standard output.
    private let file: AnswerFile?
    private let output = StandardOutput()

    init(writingTo file: AnswerFile?, _ answer: @escaping (LineReader.Line) throws -> String) {
        (self.file, self.answer) = (file, answer)
    }

    /// - Throws: `Failure` for what is no line's fault: an interruption, an output that cannot be written, a
    ///   fault of ours.
    func callAsFunction(_ lines: LineReader) throws {
        Interruption.finishCleanly()
        var lines = lines
        var count = 0
        do {
            while let line = try lines.next() {
                try write(answerTo: line)
                count += 1
            }
        } catch {
            let failure = Failure(error, about: .input)
            guard failure.status == .interrupted else { throw failure }
            throw Failure(
                .interrupted, code: failure.code,
                "interrupted after \(count) line\(count == 1 ? "" : "s"); what was answered is whole")
        }
        try file?.finish()
    }

    private func write(answerTo line: LineReader.Line) throws {
        guard let file else { return try output.write(answer(line) + "\n") }
        let bytes = if case .bytes(let bytes) = line { bytes } else { [UInt8]() }
        if try file.next(bytes) == nil { try file.append(answer(line)) }
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
