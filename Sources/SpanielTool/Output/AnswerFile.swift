import SpanielFiles
package import SpanielJSON
import SpanielPlatform

/// Answers in a file that a later run goes on with: a line for each input, in their order.
///
/// Beside `answers.jsonl` lies `answers.jsonl.resume`: a line that says which run the answers are of, and then
/// a line for each input, the first digits of its digest, written before the answer is worked out. An answer
/// is kept when its line and its input's line are whole; what else a killed run left is cut off.
///
/// Each line goes to the system at once: killing a run loses none of them. Once a second both files are
/// brought to the disk: a machine that stops loses the answers of a second, which are worked out again.
package final class AnswerFile {
    private let path: String
    private let answers: OpenFile
    private let journal: OpenFile
    private let inputs: ReadableFile
    /// Where the first input's line begins in the journal.
    private var firstInput = 0
    /// How many answers were there at the start.
    package private(set) var keptCount = 0
    private var position = 0
    private var kept: LineReader
    private var lastSync = ContinuousClock.now

    private static let ending = ".resume"
    private static let inputBytes = 17
    private static let headLimit = 1 << 20
    private static let answerLimit = 1 << 30
    private static let markKey = "mark"

    /// Opens the file for this process alone, and makes it where it is missing.
    ///
    /// - Parameters:
    ///   - run: what the answers depend on beside their inputs.
    ///   - folders: where a run that was killed may have left temporary files.
    /// - Throws: `Failure`, exit code 73, when the file cannot be written, and 65 when its answers are another
    ///   run's.
    package init(_ path: String, of run: JSON, cleaning folders: [String] = []) throws {
        self.path = path
        try OutputFolder.checkParent(ofFile: path)
        try OutputFolder.makeParent(ofFile: path)
        answers = try OpenFile(path)
        // A second run would write its answers between those of the first one.
        guard flock(answers.descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
            throw Failure(
                .output, code: "resume.busy",
                "\(path): another run is writing it; wait for its end, or name another file")
        }
        journal = try OpenFile(path + Self.ending)
        inputs = try ReadableFile(URL(filePath: path + Self.ending))
        kept = LineReader(descriptor: answers.descriptor, limit: Self.answerLimit)

        let there = try ReadableFile(URL(filePath: path))
        let head = try inputs.read(at: 0, length: min(inputs.count, Self.headLimit))
        let headEnd = head.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? inputs.count
        let found = try? JSON(parsing: head.prefix(headEnd))
        let (count, end) = try Self.wholeLines(
            of: there, atMost: (inputs.count - headEnd) / Self.inputBytes)
        guard there.count == 0 || found?[Self.markKey] != nil else { throw notOurs() }
        let mark = found?[Self.markKey]?.string ?? String(UInt64.random(in: .min ... .max), radix: 16)
        // It becomes part of files' names.
        guard (1...16).contains(mark.utf8.count), mark.allSatisfy(\.isHexDigit) else { throw notOurs() }
        if let found, count > 0 {
            try check(found, run)
            (keptCount, firstInput) = (count, headEnd)
        } else {
            firstInput = try begin(run, mark)
        }
        try answers.cut(to: end)
        try journal.cut(to: firstInput + keptCount * Self.inputBytes)
        for folder in folders { AtomicFile.removeLeft(by: mark, in: folder) }
        AtomicFile.mark(with: mark)
    }

    // MARK: Going on

    /// The next input's answer, if it was there at the start; otherwise the input is noted, and `append` takes
    /// its answer.
    ///
    /// - Throws: `Failure`, exit code 65, when the answer there belongs to another input.
    package func next(_ input: some Sequence<UInt8>) throws -> [UInt8]? {
        var hash = SHA256()
        hash.update(input)
        let line = Array((hash.hexadecimal().prefix(Self.inputBytes - 1) + "\n").utf8)
        defer { position += 1 }
        guard position < keptCount else {
            try journal.append(line)
            return nil
        }
        guard
            try inputs.read(at: firstInput + position * Self.inputBytes, length: Self.inputBytes) == line,
            case .bytes(let answer)? = try kept.next()
        else {
            throw Failure(
                .unusable, code: "resume.input",
                "\(path): answer \(position + 1) belongs to another input; give the same ones in the same order, or name another file"
            )
        }
        return answer
    }

    /// Writes the answer of the input that was asked for last.
    ///
    /// - Parameter answer: one line, without its line feed.
    package func append(_ answer: String) throws {
        try answers.append(Array((answer + "\n").utf8))
        if ContinuousClock.now - lastSync > .seconds(1) { try sync() }
    }

    /// Says that no more inputs come.
    ///
    /// - Throws: `Failure`, exit code 65, when there were fewer inputs than answers.
    package func finish() throws {
        try sync()
        guard position >= keptCount else {
            throw Failure(
                .unusable, code: "resume.input",
                "\(path): it has \(keptCount) answers, and only \(position) inputs came; give the same ones, or name another file"
            )
        }
    }

    /// Brings both files to the disk.
    package func sync() throws {
        try answers.sync()
        try journal.sync()
        lastSync = .now
    }

    // MARK: What is there

    /// - Returns: where the first input's line begins.
    private func begin(_ run: JSON, _ mark: String) throws -> Int {
        var head = run
        head[Self.markKey] = JSON(mark)
        let bytes = head.bytes() + [UInt8(ascii: "\n")]
        try journal.cut(to: 0)
        try journal.append(bytes)
        try journal.sync()
        return bytes.count
    }

    /// - Throws: `Failure` that names what differs.
    private func check(_ found: JSON, _ run: JSON) throws {
        for key in (found.object?.keys ?? []) + (run.object?.keys ?? [])
        where key != Self.markKey && found[key] != run[key] {
            let (then, now) = (found[key]?.text() ?? "none", run[key]?.text() ?? "none")
            throw Failure(
                .unusable, code: "resume.run",
                "\(path): its answers are another run's, with \(key) \(then) and not \(now); give the same command, or name another file"
            )
        }
    }

    private func notOurs() -> Failure {
        Failure(
            .unusable, code: "resume.run",
            "\(path): it was not begun with --resume, \(path)\(Self.ending) is missing or damaged; name another file"
        )
    }

    /// The whole lines at the beginning of a file, no more than asked for, and where they end.
    ///
    /// A zero byte is none of ours: a machine that stopped can leave some in place of what was not on the disk.
    private static func wholeLines(of file: borrowing ReadableFile, atMost limit: Int) throws -> (
        count: Int, end: Int
    ) {
        var (count, end, offset) = (0, 0, 0)
        guard limit > 0 else { return (0, 0) }
        while offset < file.count {
            let chunk = try file.read(at: offset, length: min(1 << 20, file.count - offset))
            if chunk.isEmpty { break }
            for (index, byte) in chunk.enumerated() {
                if byte == 0 { return (count, end) }
                guard byte == UInt8(ascii: "\n") else { continue }
                (count, end) = (count + 1, offset + index + 1)
                if count == limit { return (count, end) }
            }
            offset += chunk.count
        }
        return (count, end)
    }
}

/// A file to read and to append to, made where it is missing, and closed when nobody holds it.
private final class OpenFile {
    let descriptor: Int32
    private let path: String

    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        if descriptor < 0 { throw failure() }
        guard FileKind(at: path) == .file else {
            throw Failure(.output, code: "output.kind", "\(path): expected a file, found something else")
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func append(_ bytes: [UInt8]) throws {
        if bytes.withUnsafeBytes({ StandardOutput.write($0, to: descriptor) }) != nil { throw failure() }
    }

    func cut(to size: Int) throws { if ftruncate(descriptor, off_t(size)) != 0 { throw failure() } }

    func sync() throws { if fsync(descriptor) != 0 { throw failure() } }

    private func failure() -> Failure {
        Failure(FileError.unwritable(path: path, errno: errno), about: .output)
    }
}
