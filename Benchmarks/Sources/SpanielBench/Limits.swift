import CLimits
import Tensor

/// What this processor could do at best with the threads and the instructions in use.
struct Limits: CustomStringConvertible {
    /// Float32 operations per second.
    let arithmetic: Double
    /// Bytes read from memory per second.
    let reading: Double

    static func measured() -> Limits {
        Limits(arithmetic: limits_arithmetic(set, Int32(Parallel.threads)), reading: limits_reading(Int32(Parallel.threads)))
    }

    private static var set: limits_set {
        switch InstructionSet.current {
        case .avx512: limits_avx512
        case .avx2: limits_avx2
        case .baseline, .reference: limits_baseline
        }
    }

    var description: String {
        """
        \(InstructionSet.current.rawValue), \(Parallel.threads) threads: \(decimals(arithmetic * 1e-9, 0)) GFLOP/s of float32, \
        \(decimals(reading * 1e-9, 0)) GB/s read from memory
        """
    }
}

/// A clock in milliseconds.
func milliseconds() -> Double { limits_now() * 1000 }

func decimals(_ value: Double, _ places: Int) -> String {
    guard value.isFinite else { return "–" }
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let rounded = (value * scale).rounded()
    guard places > 0 else { return String(Int(rounded)) }
    let digits = String(Int(rounded.magnitude))
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    return (rounded < 0 ? "-" : "") + padded.dropLast(places) + "." + padded.suffix(places)
}
