public import SpanielFiles
import CSpanielKernels
import SpanielPlatform

/// Which compilation of the kernels runs: the best the processor has, or what the environment variable
/// `SPANIEL_ISA` names.
public enum InstructionSet: String, Sendable, CaseIterable, Comparable {
    /// The naive twins, in plain Swift.
    case reference
    /// What every processor of the architecture has.
    case baseline
    case avx2
    case avx512
    /// AVX-512 with products of bfloat16.
    case avx512bf16
    /// The same with tiles of bfloat16.
    case amx

    public static func < (a: InstructionSet, b: InstructionSet) -> Bool { a.rank < b.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Those this processor can run, the best last.
    public static let available: [InstructionSet] = allCases.filter { $0 == .reference || $0.table != nil }

    /// The one in use, chosen once at start. A value of `SPANIEL_ISA` that cannot be had counts as none: a
    /// program asks `check()` first.
    public static let current: InstructionSet = (try? requested()) ?? available.last ?? .reference

    /// Throws when `SPANIEL_ISA` names one that this processor lacks, or nothing at all.
    public static func check() throws(InstructionSetError) { _ = try requested() }

    private static func requested() throws(InstructionSetError) -> InstructionSet? {
        guard let value = getenv("SPANIEL_ISA").map({ String(cString: $0) }), !value.isEmpty else {
            return nil
        }
        guard let named = InstructionSet(rawValue: value), available.contains(named) else {
            throw InstructionSetError(value: value)
        }
        return named
    }

    /// The kernels' table; nil for the twins, or when the processor lacks it.
    var table: UnsafePointer<spaniel_kernels>? {
        switch self {
        case .reference: nil
        case .baseline: spaniel_kernels_for(Int32(spaniel_baseline.rawValue))
        case .avx2: spaniel_kernels_for(Int32(spaniel_avx2.rawValue))
        case .avx512: spaniel_kernels_for(Int32(spaniel_avx512.rawValue))
        case .avx512bf16: spaniel_kernels_for(Int32(spaniel_avx512bf16.rawValue))
        case .amx: spaniel_kernels_for(Int32(spaniel_amx.rawValue))
        }
    }
}

/// `SPANIEL_ISA` asks for what this processor has not.
public struct InstructionSetError: SpanielError {
    public let value: String

    public var code: String { "usage.isa" }

    public var description: String {
        let can = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
        return "SPANIEL_ISA is '\(value)'; this processor can run \(can). Unset it to let Spaniel choose."
    }
}
