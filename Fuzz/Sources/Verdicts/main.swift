import Foundation
import Readers

// spaniel-verdicts READER: files on standard input, each behind its length (8 bytes, least first); for each a
// line, `accepted` or why not.
guard let reader = CommandLine.arguments.dropFirst().first.flatMap(Reader.init(rawValue:)) else {
    FileHandle.standardError.write(Data("usage: spaniel-verdicts READER < FILES\n".utf8))
    exit(64)
}
let folder = URL(filePath: NSTemporaryDirectory()).appending(path: "spaniel-verdicts-\(getpid())")
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(at: folder) }

var rest = try FileHandle.standardInput.readToEnd() ?? Data()
while rest.count >= 8 {
    let count = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let bytes = rest.dropFirst(8).prefix(count)
    let refusal = reader.refusal(of: bytes, in: folder)?.replacingOccurrences(of: "\n", with: " ")
    FileHandle.standardOutput.write(Data("\(refusal ?? "accepted")\n".utf8))
    rest = rest.dropFirst(8 + count)
}
