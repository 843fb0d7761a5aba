import SpanielPlatform

/// Standard input line by line, each handed over as soon as its end is there; no line costs more memory than
/// the limit.
package struct LineReader {
    package enum Line: Sendable, Equatable {
        /// Without the line feed.
        case bytes([UInt8])
        /// Longer than the limit; passed over.
        case tooLong
    }

    private let descriptor: Int32
    private let limit: Int
    private var chunk: ArraySlice<UInt8> = []
    /// Whether the last line that was handed over had its line feed.
    package private(set) var isWhole = true
    private static let chunkBytes = 1 << 16

    /// - Parameter limit: the most bytes of a line.
    package init(descriptor: Int32 = 0, limit: Int) {
        self.descriptor = descriptor
        self.limit = limit
    }

    /// The next line, the last one with or without a line feed; nil at the end.
    ///
    /// - Throws: `CancellationError` when the run is interrupted while it waits, `Failure` when the input
    ///   cannot be read.
    package mutating func next() throws -> Line? {
        var line: [UInt8] = []
        var isTooLong = false
        while true {
            if chunk.isEmpty { chunk = try more()[...] }
            isWhole = !chunk.isEmpty
            if chunk.isEmpty { return isTooLong ? .tooLong : line.isEmpty ? nil : .bytes(line) }
            let end = chunk.firstIndex(of: UInt8(ascii: "\n"))
            let part = chunk[..<(end ?? chunk.endIndex)]
            if part.count > limit - line.count {
                isTooLong = true
                line = []
            } else if !isTooLong {
                line += part
            }
            chunk = end.map { chunk[($0 + 1)...] } ?? []
            if end != nil { return isTooLong ? .tooLong : .bytes(line) }
        }
    }

    /// What there is to read now; nothing at the end.
    private func more() throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: Self.chunkBytes)
        while true {
            // A read that waits would hear of no interruption.
            try Task.checkCancellation()
            var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&state, 1, 100)
            if ready == 0 || ready < 0 && errno == EINTR { continue }
            let count = read(descriptor, &buffer, buffer.count)
            if count >= 0 { return Array(buffer[..<count]) }
            if errno == EINTR || errno == EAGAIN { continue }
            throw Failure(
                .unusable, code: "input.unreadable",
                "standard input cannot be read: \(String(cString: strerror(errno)))")
        }
    }
}
