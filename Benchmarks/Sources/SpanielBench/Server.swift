import CLimits
import SAM
import Tensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Our side of the line protocol that `Benchmarks/Peers/protocol.py` describes.
struct Server {
    private let sam: SAM
    private let picture: Picture
    private let prompt: SAM.Prompt

    init(model: String) throws {
        sam = try SAM(contentsOf: URL(filePath: model))
        let side = sam.configuration.imageEncoder.imageSize
        picture = Self.picture(side: side)
        prompt = SAM.Prompt(point: Point(x: 0.55 * Double(side), y: 0.4 * Double(side)))
    }

    func run() throws {
        answer(
            """
            ready {"name": "Spaniel", "precision": "float32", "isa": "\(InstructionSet.current.rawValue)", "threads": \(Parallel.threads)}
            """)
        var encoding: SAM.Encoding?
        while let line = readLine() {
            switch line {
            case "encode":
                let start = milliseconds()
                encoding = try sam.encode(picture)
                answer("ok \(decimals(milliseconds() - start, 4))")
            case "decode", "values":
                let scene = try encoding ?? sam.encode(picture)
                encoding = scene
                let start = milliseconds()
                let masks = try sam.masks(for: prompt, in: scene, multimask: true)
                let time = milliseconds() - start
                answer("ok \(line == "decode" ? decimals(time, 4) : Self.samples(masks))")
            case "memory": answer("ok \(limits_peak_memory())")
            case "allocations": answer("ok \(BufferPool.shared.statistics.allocations)")
            case "quit": return
            default: answer("error no task '\(line)'; there are encode, decode, values, memory, allocations and quit")
            }
        }
    }

    /// One line, at once: the driver waits for it.
    private func answer(_ line: String) {
        print(line)
        fflush(nil)
    }

    /// The picture that the opponents make in `sam_inputs.py`, from whole numbers alone so that it is the same.
    private static func picture(side: Int) -> Picture {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(3 * side * side)
        for y in 0..<side {
            for x in 0..<side {
                for c in 0..<3 { pixels.append(UInt8((x * (c + 1) / 5 + y * (3 - c) / 7 + x * y / 997) & 255)) }
            }
        }
        return Picture(rgb: pixels, width: side, height: side)
    }

    /// Every 3,071st logit of the three masks: enough to see that the opponents did the same work.
    private static func samples(_ predictions: [SAM.Prediction]) -> String {
        let logits = predictions.flatMap { $0.logits.array }
        return stride(from: 0, to: logits.count, by: 3071).map { "\(logits[$0])" }.joined(separator: " ")
    }
}
