extension Safetensors {
    /// The type of a tensor's numbers in a file. The raw value is the format's name for it.
    public enum ElementType: String, Sendable, CaseIterable, Comparable {
        // The reference's order, by size: writers put tensors in the reverse of it.
        /// A truth value in one byte.
        case bool = "BOOL"
        /// A float of 4 bits, two in a byte.
        case float4 = "F4"
        /// A float of 6 bits: 2 of exponent, 3 of mantissa.
        case float6E2M3 = "F6_E2M3"
        /// A float of 6 bits: 3 of exponent, 2 of mantissa.
        case float6E3M2 = "F6_E3M2"
        /// An unsigned integer of 8 bits.
        case uint8 = "U8"
        /// A signed integer of 8 bits.
        case int8 = "I8"
        /// A float of 8 bits: 5 of exponent, 2 of mantissa.
        case float8E5M2 = "F8_E5M2"
        /// A float of 8 bits: 4 of exponent, 3 of mantissa.
        case float8E4M3 = "F8_E4M3"
        /// A power of two as 8 bits of exponent.
        case float8E8M0 = "F8_E8M0"
        /// A float of 8 bits: 4 of exponent, 3 of mantissa, without infinity and negative zero.
        case float8E4M3FNUZ = "F8_E4M3FNUZ"
        /// A float of 8 bits: 5 of exponent, 2 of mantissa, without infinity and negative zero.
        case float8E5M2FNUZ = "F8_E5M2FNUZ"
        /// A signed integer of 16 bits.
        case int16 = "I16"
        /// An unsigned integer of 16 bits.
        case uint16 = "U16"
        /// IEEE 754's half precision.
        case float16 = "F16"
        /// The upper half of a Float32.
        case bfloat16 = "BF16"
        /// A signed integer of 32 bits.
        case int32 = "I32"
        /// An unsigned integer of 32 bits.
        case uint32 = "U32"
        /// IEEE 754's single precision.
        case float32 = "F32"
        /// A complex number of two Float32.
        case complex64 = "C64"
        /// IEEE 754's double precision.
        case float64 = "F64"
        /// A signed integer of 64 bits.
        case int64 = "I64"
        /// An unsigned integer of 64 bits.
        case uint64 = "U64"

        /// Returns whether `a` comes before `b` in the reference's order.
        public static func < (a: Self, b: Self) -> Bool { a.position < b.position }

        private var position: Int { Self.allCases.firstIndex(of: self) ?? 0 }

        /// The number of bits of one element.
        public var bits: Int {
            switch self {
            case .float4: 4
            case .float6E2M3, .float6E3M2: 6
            case .bool, .uint8, .int8, .float8E5M2, .float8E4M3, .float8E8M0, .float8E4M3FNUZ,
                .float8E5M2FNUZ:
                8
            case .int16, .uint16, .float16, .bfloat16: 16
            case .int32, .uint32, .float32: 32
            case .complex64, .float64, .int64, .uint64: 64
            }
        }
    }
}
