import Foundation
import Tensor

/// What `make bench` measures of ours; `bench.py` puts it beside the opponents.
@main
struct Main {
    static let usage = """
        spaniel-bench serve KIND --model FOLDER [--threads N] [--precision float32|bfloat16|int8]
                                                           sam, vit, dinov2, clipseg or owlvit: answers the line protocol of Benchmarks/Peers/protocol.py
        spaniel-bench serve find --model FOLDER --features FOLDER [--threads N] [--precision float32|bfloat16|int8]
                                                           the same of PerSAM by DINOv2's features
        spaniel-bench profile KIND --model FOLDER [--task TASK] [--threads N] [--precision float32|bfloat16|int8]
                                                           where a task's milliseconds go, operation by operation (encode, decode, answer, …;
                                                           the kind's first task where none is named)
        spaniel-bench kernels [WORD …] [--threads N]       times the operations at SAM ViT-B's shapes; only those with a WORD in their name
        spaniel-bench limits [--threads N] [--precision float32|bfloat16|int8]
                                                           what this processor could do at best

        SPANIEL_ISA=baseline|avx2|avx2vnni|avx512|avx512vnni|avx512bf16|amx chooses the kernels.
        """

    static func main() {
        do {
            try InstructionSet.check()
            var arguments = Arguments(Array(CommandLine.arguments.dropFirst()))
            if let threads = try arguments.takeInt("--threads") { Parallel.threads = threads }
            let model = try arguments.take("--model")
            let features = try arguments.take("--features")
            let task = try arguments.take("--task")
            let precision = try arguments.takePrecision()
            let words = try arguments.rest()
            switch words.first {
            case "serve":
                guard let model, words.count == 2 else {
                    throw UsageError(text: "serve takes a kind and --model FOLDER")
                }
                var server = try Server(
                    words[1], model: model, features: features, precision: precision)
                try server.run()
            case "profile":
                guard let model, words.count == 2 else {
                    throw UsageError(text: "profile takes a kind and --model FOLDER")
                }
                try ProfileReport(
                    kind: words[1], model: model, features: features, task: task, precision: precision
                ).run()
            case "kernels": KernelBenchmark(words: Array(words.dropFirst())).run()
            case "limits": print(Limits.measured(precision))
            default: throw UsageError(text: "serve, profile, kernels or limits?")
            }
        } catch {
            FileHandle.standardError.write(Data("spaniel-bench: \(error)\n\n\(usage)\n".utf8))
            exit(error is UsageError || error is InstructionSetError ? 64 : 65)
        }
    }
}

struct UsageError: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
}

/// A command line's words, options taken out by name.
struct Arguments {
    private var words: [String]

    init(_ words: [String]) { self.words = words }

    mutating func take(_ option: String) throws -> String? {
        guard let place = words.firstIndex(of: option) else { return nil }
        guard place + 1 < words.count else { throw UsageError(text: "\(option) takes a value") }
        defer { words.removeSubrange(place...place + 1) }
        return words[place + 1]
    }

    mutating func takeInt(_ option: String) throws -> Int? {
        guard let text = try take(option) else { return nil }
        guard let value = Int(text), value > 0 else {
            throw UsageError(text: "\(option) takes a number above zero, not \(text)")
        }
        return value
    }

    /// float32 where nothing is said.
    mutating func takePrecision() throws -> Tensor.Precision {
        guard let text = try take("--precision") else { return .float32 }
        guard let value = Tensor.Precision(rawValue: text) else {
            throw UsageError(text: "--precision takes float32, bfloat16 or int8, not \(text)")
        }
        return value
    }

    func rest() throws -> [String] {
        if let option = words.first(where: { $0.hasPrefix("-") }) {
            throw UsageError(text: "no option \(option)")
        }
        return words
    }
}
