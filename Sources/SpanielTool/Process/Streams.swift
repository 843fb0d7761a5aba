import SpanielPlatform

/// Standard output: results, whole lines, written at once so that a reader sees each picture when it is done.
package struct StandardOutput: Sendable {
    private let descriptor: Int32

    package init(descriptor: Int32 = 1) { self.descriptor = descriptor }

    /// - Throws: `Failure.readerGone` when nobody reads any more, exit code 73 for other reasons.
    package func write(_ text: String) throws {
        var text = text
        let error = text.withUTF8 { Self.write(UnsafeRawBufferPointer($0), to: descriptor) }
        guard let error else { return }
        throw error == EPIPE
            ? Failure.readerGone
            : Failure(
                .output, code: "output.write",
                "standard output cannot be written: \(String(cString: strerror(error)))")
    }

    /// - Returns: the error number; nil when all went out.
    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
        var rest = bytes[...]
        while !rest.isEmpty {
            #if canImport(Glibc)
                let count = Glibc.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            #elseif canImport(Musl)
                let count = Musl.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            #else
                let count = Darwin.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            #endif
            if count < 0 {
                if errno == EINTR { continue }
                return errno
            }
            rest = rest.dropFirst(count)
        }
        return nil
    }
}

/// Standard error: progress and messages. Nothing depends on it, so what cannot be written there is lost.
package struct StandardError: Sendable {
    package let isTerminal: Bool

    package init() { isTerminal = isatty(2) == 1 }

    package func write(_ text: String) {
        var text = text
        _ = text.withUTF8 { StandardOutput.write(UnsafeRawBufferPointer($0), to: 2) }
    }
}

/// Standard input to its end.
///
/// - Throws: `Failure` when it cannot be read.
package func readStandardInput() throws -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = read(0, &buffer, buffer.count)
        if count == 0 { return String(decoding: bytes, as: UTF8.self) }
        if count < 0 {
            if errno == EINTR { continue }
            throw Failure(
                .missing, code: "list.unreadable",
                "standard input cannot be read: \(String(cString: strerror(errno)))")
        }
        bytes += buffer[..<count]
    }
}
