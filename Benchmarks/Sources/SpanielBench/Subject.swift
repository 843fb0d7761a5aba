import Foundation
import SpanielImaging
import Tensor

/// A model as `bench.py` asks it: tasks by name.
protocol Subject {
    /// The names of its tasks.
    static var tasks: [String] { get }

    /// - Returns: the milliseconds of one run.
    /// - Throws: `UnknownTask`, or what the model throws.
    mutating func time(_ task: String) throws -> Double

    /// Some of what it answers, to see that the opponents did the same work.
    mutating func values() throws -> [Float]
}

/// The model of a kind that a folder holds.
/// - Parameter features: the folder of the second model, for the kind that has two.
func subject(_ kind: String, model: String, features: String?, precision: Tensor.Precision) throws
    -> any Subject
{
    let folder = URL(filePath: model)
    if kind == "find" {
        guard let features else { throw UsageError(text: "find takes --features FOLDER too") }
        return try FindSubject(folder, features: URL(filePath: features), precision)
    }
    return switch kind {
    case "sam": try SAMSubject(folder, precision)
    case "vit": try ViTSubject(folder, precision)
    case "dinov2": try DINOv2Subject(folder, precision)
    case "clipseg": try CLIPSegSubject(folder, precision)
    case "owlvit": try OWLViTSubject(folder, precision)
    default: throw UsageError(text: "a kind is sam, vit, dinov2, clipseg, owlvit or find, not \(kind)")
    }
}

struct UnknownTask: Error, CustomStringConvertible {
    let task: String
    let tasks: [String]
    var description: String {
        "no task '\(task)'; there are \(tasks.joined(separator: ", ")), values, memory, allocations and quit"
    }
}

/// The milliseconds that a piece of work takes.
func measured(_ body: () throws -> Void) rethrows -> Double {
    let start = milliseconds()
    try body()
    return milliseconds() - start
}

extension Picture {
    /// The picture that the opponents make in `sam_inputs.py`, from whole numbers alone so that it is the
    /// same.
    static func sample(side: Int) -> Picture {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(3 * side * side)
        for y in 0..<side {
            for x in 0..<side {
                for c in 0..<3 {
                    pixels.append(UInt8((x * (c + 1) / 5 + y * (3 - c) / 7 + x * y / 997) & 255))
                }
            }
        }
        return Picture(rgb: pixels, width: side, height: side)
    }
}

/// Texts that no cache knows, of the same number of tokens: every digit is one.
struct FreshTexts {
    private var number = 0

    mutating func next(after words: String) -> String {
        number += 1
        return "\(words) \(number / 100 % 10)\(number / 10 % 10)\(number % 10)"
    }
}
