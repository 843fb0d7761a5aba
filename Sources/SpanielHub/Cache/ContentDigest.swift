package import SpanielFiles
import SpanielPlatform

/// The digest the hub knows a file by, worked out as its bytes come: the SHA-256 of a large file, git's blob
/// hash, `sha1("blob LENGTH\0" + bytes)`, of a small one. The file in the cache is named by it.
package enum ContentDigest: Sendable {
    case sha256(SHA256)
    case blob(SHA1)

    /// - Returns: nil if the name is no such digest: 64 or 40 small hexadecimal digits.
    package init?(named etag: String, size: Int) {
        guard
            etag.utf8.allSatisfy({
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            })
        else { return nil }
        switch etag.utf8.count {
        case 64: self = .sha256(SHA256())
        case 40:
            var sha1 = SHA1()
            sha1.update("blob \(size)\0".utf8)
            self = .blob(sha1)
        default: return nil
        }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .sha256(var digest):
            digest.update(bytes)
            self = .sha256(digest)
        case .blob(var digest):
            digest.update(bytes)
            self = .blob(digest)
        }
    }

    package func hexadecimal() -> String {
        switch self {
        case .sha256(let digest): digest.hexadecimal()
        case .blob(let digest): digest.hexadecimal()
        }
    }

    /// The kind of digest, for messages.
    package var name: String {
        switch self {
        case .sha256: "SHA-256"
        case .blob: "git hash"
        }
    }
}
