import SpanielPlatform

/// A program that runs beside this one, with its standard input and output as pipes.
///
/// It is our own because Foundation's essentials have no `Process`. However this process ends, the child's
/// standard input ends with it.
final class ChildProcess {
    /// How a process ended.
    enum Ending: Equatable {
        case exit(Int32)
        case signal(Int32)
    }

    /// What it writes.
    let output: Int32
    private var input: Int32
    private let process: pid_t

    /// - Throws: `Failure`, exit code 70, when it cannot be started.
    init(_ program: String, _ arguments: [String]) throws {
        let (toChild, fromChild) = (try Self.pipe(), try Self.pipe())
        defer { for end in [toChild.read, fromChild.write] { close(end) } }
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toChild.read, 0)
        posix_spawn_file_actions_adddup2(&actions, fromChild.write, 1)
        var strings: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for string in strings { free(string) } }
        var process = pid_t()
        let error = posix_spawn(&process, program, &actions, nil, &strings, environ)
        guard error == 0 else {
            for end in [toChild.write, fromChild.read] { close(end) }
            throw Self.failure("\(program) cannot be started", error)
        }
        // Linux has a niceness for each thread, libdispatch sets that of its own, and a child begins with its
        // thread's: it gets this process's, as `nice` has set it. 0 is PRIO_PROCESS, whose type differs.
        setpriority(0, id_t(process), getpriority(0, id_t(getpid())))
        (self.process, input, output) = (process, toChild.write, fromChild.read)
    }

    deinit {
        closeInput()
        close(output)
    }

    /// - Returns: false when the child reads no more.
    func write(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { StandardOutput.write($0, to: input) } == nil
    }

    func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    /// How it ended; waits until it has.
    private(set) lazy var ending: Ending = {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        hasEnded = true
        return status & 0x7F == 0 ? .exit(status >> 8 & 0xFF) : .signal(status & 0x7F)
    }()
    private var hasEnded = false

    /// Ends it, if it has not ended by itself, and waits until it has.
    func end() {
        guard !hasEnded else { return }
        kill(process, SIGTERM)
        _ = ending
    }

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        #if canImport(Glibc)
            let isMade = Glibc.pipe(&ends) == 0
        #elseif canImport(Musl)
            let isMade = Musl.pipe(&ends) == 0
        #else
            let isMade = Darwin.pipe(&ends) == 0
        #endif
        for end in ends where isMade { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        guard isMade else { throw failure("no pipe can be made", errno) }
        return (ends[0], ends[1])
    }

    private static func failure(_ what: String, _ error: Int32) -> Failure {
        Failure(.fault, code: "process", "\(what): \(String(cString: strerror(error)))")
    }
}
