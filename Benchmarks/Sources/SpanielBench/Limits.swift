import CLimits
import Tensor

/// What this processor could do at best with the threads and the instructions in use.
struct Limits: CustomStringConvertible {
    let precision: Tensor.Precision
    /// Operations per second, of numbers of that precision.
    let arithmetic: Double
    /// Bytes read from memory per second.
    let reading: Double

    static func measured(_ precision: Tensor.Precision) -> Limits {
        Limits(
            precision: precision, arithmetic: limits_arithmetic(set(precision), Int32(Parallel.threads)),
            reading: limits_reading(Int32(Parallel.threads)))
    }

    /// Where no instruction multiplies bfloat16 or bytes, the limit is float32's.
    private static func set(_ precision: Tensor.Precision) -> limits_set {
        switch InstructionSet.current {
        case .amx where precision == .int8: limits_amx_int8
        case .avx512vnni where precision == .int8, .avx512bf16 where precision == .int8: limits_avx512vnni
        case .avx2vnni where precision == .int8: limits_avx2vnni
        case .amx where precision == .bfloat16: limits_amx
        case .avx512bf16 where precision == .bfloat16: limits_avx512bf16
        case .avx512, .avx512vnni, .avx512bf16, .amx: limits_avx512
        case .avx2, .avx2vnni: limits_avx2
        case .baseline, .dotprod, .reference: limits_baseline
        }
    }

    var description: String {
        """
        \(InstructionSet.current.rawValue), \(Parallel.threads) threads: \(decimals(arithmetic * 1e-9, 0)) GFLOP/s of \(precision.rawValue), \
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
