import SpanielPlatform

/// An address of the web, `http` or `https`, in which nothing can be hidden: no user, no spaces, no controls.
package struct Address: Sendable, Equatable {
    package let text: String
    /// Scheme, host and port: who gets what is sent.
    package let origin: String
    /// The folder of what is named, with its slashes.
    private let folder: String

    /// - Returns: nil for what is no such address.
    package init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else { return nil }
        for scheme in ["https", "http"] {
            let start = scheme + "://"
            guard text.utf8.count > start.utf8.count,
                text.prefix(start.count).lowercased() == start
            else { continue }
            let rest = text.dropFirst(start.count)
            let host = rest.prefix { !"/?#".contains($0) }.lowercased()
            guard !host.isEmpty, host.first != ":", !host.contains("@") else { return nil }
            let usual = scheme == "https" ? ":443" : ":80"
            let plain = host.hasSuffix(usual) ? String(host.dropLast(usual.count)) : host
            self.text = text
            origin = start + plain
            let path = rest.drop { !"/?#".contains($0) }.prefix { $0 != "?" && $0 != "#" }
            folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "/"
            return
        }
        return nil
    }

    package var isEncrypted: Bool { origin.hasPrefix("https:") }

    /// Without what follows `?`: a signature in it is nobody's business.
    package var shown: String { String(text.prefix { $0 != "?" && $0 != "#" }) }

    /// Where a redirect from here leads.
    /// - Returns: nil for what is no address of the web.
    package func resolving(_ location: String) -> (address: Address, isRelative: Bool)? {
        if location.hasPrefix("//") {
            return Address(String(origin.prefix { $0 != ":" }) + ":" + location).map { ($0, false) }
        }
        if let address = Address(location) { return (address, false) }
        let head = location.prefix { !"/?#".contains($0) }
        guard !location.isEmpty, !head.contains(":") else { return nil }
        let path = location.hasPrefix("/") ? location : folder + location
        return Address(origin + path).map { ($0, true) }
    }

    /// A text as one part of an address: everything but letters, digits and `-._~` percent-encoded, slashes
    /// only where they are kept.
    package static func quoted(_ text: String, keepingSlashes: Bool = false) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                bytes.append(byte)
            case UInt8(ascii: "/") where keepingSlashes: bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
