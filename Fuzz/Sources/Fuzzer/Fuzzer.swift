import Foundation
import Readers

/// The reader that the environment variable READER names, and the folder that it reads in.
private let (reader, folder): (Reader, URL) = {
    let environment = ProcessInfo.processInfo.environment
    guard let reader = environment["READER"].flatMap(Reader.init(rawValue:)) else {
        let names = Reader.allCases.map(\.rawValue).joined(separator: ", ")
        FileHandle.standardError.write(Data("READER must be one of \(names)\n".utf8))
        exit(64)
    }
    let parent = URL(filePath: environment["FUZZ_FOLDER"] ?? NSTemporaryDirectory())
    let folder = parent.appending(path: "spaniel-fuzz-\(ProcessInfo.processInfo.processIdentifier)")
    do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
        FileHandle.standardError.write(Data("\(error)\n".utf8))
        exit(73)
    }
    return (reader, folder)
}()

/// What libFuzzer calls with each input; a trap, a sanitizer's report or a hang is a find.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    _ = reader.refusal(of: Data(UnsafeBufferPointer(start: start, count: count)), in: folder)
    return 0
}
