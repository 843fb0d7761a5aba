import CLimits
import Foundation
import Tensor

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Our side of the line protocol that `Benchmarks/Peers/protocol.py` describes.
struct Server {
    private let precision: Tensor.Precision
    private var subject: any Subject

    /// - Parameter kind: of the model; bench.py knows it from the folder.
    init(_ kind: String, model: String, features: String?, precision: Tensor.Precision) throws {
        self.precision = precision
        subject = try SpanielBench.subject(
            kind, model: model, features: features, precision: precision)
    }

    mutating func run() throws {
        answer(
            """
            ready {"name": "Spaniel", "precision": "\(precision.rawValue)", "isa": "\(InstructionSet.current.rawValue)", "threads": \(Parallel.threads)}
            """)
        while let line = readLine() {
            switch line {
            case "values": answer("ok " + (try subject.values()).map { "\($0)" }.joined(separator: " "))
            case "memory": answer("ok \(limits_peak_memory())")
            case "allocations": answer("ok \(BufferPool.shared.statistics.allocations)")
            case "quit": return
            default:
                do { answer("ok \(decimals(try subject.time(line), 4))") } catch let error as UnknownTask {
                    answer("error \(error)")
                }
            }
        }
    }

    /// One line, at once: the driver waits for it.
    private func answer(_ line: String) {
        print(line)
        fflush(nil)
    }
}
