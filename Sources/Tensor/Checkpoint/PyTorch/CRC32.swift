import CSpanielKernels

/// The checksum of zip archives, about two gigabytes a second.
///
/// It is our own because zlib, which has it too, is no dependency of the libraries that read weights.
enum CRC32 {
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 16 * 256)
        spaniel_crc32_tables(&tables)
        return tables
    }()

    /// Continues the checksum `crc` of the bytes before, 0 if there are none.
    static func checksum(_ bytes: UnsafeRawBufferPointer, after crc: UInt32 = 0) -> UInt32 {
        spaniel_crc32(crc, bytes.baseAddress, bytes.count, tables)
    }
}
