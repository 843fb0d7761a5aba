import Dispatch
import SpanielFiles
import Synchronization
import SpanielPlatform

/// Ctrl-C and termination. Before there is anything to finish they end the process at once; afterwards the
/// first one asks the work to stop between two layers, so that what was begun is finished or taken back, and
/// the second one ends the process.
package enum Interruption {
    private static let hasWorkToFinish = Atomic(false)
    private static let count = Atomic(0)
    /// Kept because a source that nobody holds no longer watches; written once, before any signal is watched
    /// for.
    private nonisolated(unsafe) static var sources: [any DispatchSourceSignal] = []

    /// Begins to watch.
    ///
    /// - Parameter cancel: called once, on a thread of its own.
    package static func watch(cancel: @escaping @Sendable () -> Void) {
        signal(SIGPIPE, SIG_IGN)  // a reader that has gone is an error of write, not the end of the process
        let queue = DispatchQueue(label: "spaniel.interruption")
        for number in [SIGINT, SIGTERM] {
            #if canImport(Darwin)
                signal(number, SIG_IGN)
            #endif
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                let isFirst = count.wrappingAdd(1, ordering: .relaxed).oldValue == 0
                if isFirst && hasWorkToFinish.load(ordering: .relaxed) { return cancel() }
                AtomicFile.discardUnfinished()
                _exit(ExitStatus.interrupted.rawValue)
            }
            source.resume()
            sources.append(source)
        }
    }

    /// From here on an interruption waits for the work to end cleanly.
    package static func finishCleanly() { hasWorkToFinish.store(true, ordering: .relaxed) }
}
