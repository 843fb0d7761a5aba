public import SpanielFiles
import CSpanielKernels
import SpanielPlatform

/// An instruction set that the kernels are compiled for. The best that the processor has runs, or the one
/// that the environment variable `SPANIEL_ISA` names.
public enum InstructionSet: String, Sendable, CaseIterable, Comparable {
    /// The naive twins in plain Swift, without kernels.
    case reference
    /// The instructions of every processor of the architecture: SSE2 on x86-64, NEON on Arm.
    case baseline
    /// NEON with products of bytes (`dotprod`), on Arm.
    case dotprod
    /// AVX2 with fused multiply-adds.
    case avx2
    /// AVX2 with products of bytes (AVX-VNNI).
    case avx2vnni
    /// AVX-512 (F, BW, DQ and VL).
    case avx512
    /// AVX-512 with products of bytes (VNNI).
    case avx512vnni
    /// AVX-512 with products of bytes and of bfloat16.
    case avx512bf16
    /// AVX-512 with products of bytes and of bfloat16, and AMX tiles of both.
    case amx

    /// Returns whether `b` comes later in the list of cases.
    public static func < (a: InstructionSet, b: InstructionSet) -> Bool { a.rank < b.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// The instruction sets that this processor can run, the best last.
    public static let available: [InstructionSet] = allCases.filter { $0 == .reference || $0.table != nil }

    /// The instruction set in use, chosen once, when it is first needed. A value of `SPANIEL_ISA` that this
    /// processor cannot run is ignored here: a program calls `check()` first.
    public static let current: InstructionSet = (try? requested()) ?? available.last ?? .reference

    /// Checks `SPANIEL_ISA`.
    /// - Throws: `InstructionSetError` if it names an instruction set that this processor lacks, or none at
    ///   all.
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

    /// Whether this processor multiplies bfloat16 faster than float32 with this instruction set: not every one
    /// that has instructions for it does.
    var multipliesBFloat16Faster: Bool {
        switch self {
        case .avx512bf16: spaniel_bfloat16_is_faster(Int32(spaniel_avx512bf16.rawValue)) != 0
        case .amx: spaniel_bfloat16_is_faster(Int32(spaniel_amx.rawValue)) != 0
        default: false
        }
    }

    /// The kernels' table; nil for the twins, or if the processor lacks the instruction set.
    var table: UnsafePointer<spaniel_kernels>? {
        switch self {
        case .reference: nil
        case .baseline: spaniel_kernels_for(Int32(spaniel_baseline.rawValue))
        case .dotprod: spaniel_kernels_for(Int32(spaniel_dotprod.rawValue))
        case .avx2: spaniel_kernels_for(Int32(spaniel_avx2.rawValue))
        case .avx2vnni: spaniel_kernels_for(Int32(spaniel_avx2vnni.rawValue))
        case .avx512: spaniel_kernels_for(Int32(spaniel_avx512.rawValue))
        case .avx512vnni: spaniel_kernels_for(Int32(spaniel_avx512vnni.rawValue))
        case .avx512bf16: spaniel_kernels_for(Int32(spaniel_avx512bf16.rawValue))
        case .amx: spaniel_kernels_for(Int32(spaniel_amx.rawValue))
        }
    }
}

/// Thrown when `SPANIEL_ISA` names an instruction set this processor lacks.
public struct InstructionSetError: SpanielError {
    /// The value of `SPANIEL_ISA`.
    public let value: String

    /// A stable name for scripts.
    public var code: String { "usage.isa" }

    /// A sentence that says what this processor can run.
    public var description: String {
        let can = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
        return "SPANIEL_ISA is '\(value)'; this processor can run \(can). Unset it to let Spaniel choose."
    }
}
