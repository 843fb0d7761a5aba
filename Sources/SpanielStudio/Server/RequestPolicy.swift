package import NIOHTTP1
import SpanielPlatform

/// Which requests are answered at all: those of the page itself, in a browser on this machine, with the token.
///
/// A page of another site can make a browser send requests here, and can have its own name resolve to this
/// machine; so the Host, the Origin and what the browser says of its pages are looked at before a byte of a body
/// is read (Jupyter Server does the same; see also CVE-2024-28224).
package struct RequestPolicy: Sendable {
    /// The port that the server listens on.
    package let port: Int
    /// What the address that was printed carries.
    package let token: String
    /// The value of the cookie.
    package let secret: String
    /// What the addresses for other labelling tools carry; nil: there are none.
    package let key: String?

    package init(port: Int, token: String, secret: String, key: String? = nil) {
        (self.port, self.token, self.secret, self.key) = (port, token, secret, key)
    }

    /// A request that is not answered.
    package struct Refusal: Error, Equatable, Sendable {
        package let status: Int
        package let code: String
        package let message: String
    }

    package var cookieName: String { "spaniel-\(port)" }
    package static let tokenHeader = "X-Spaniel-Token"

    private static let methods: [HTTPMethod] = [.GET, .HEAD, .POST, .PUT, .PATCH, .DELETE]
    private static let longestTarget = 8192
    private static let mostHeaderBytes = 16 << 10
    private static let mostHeaders = 100

    /// The most bytes of a body.
    package static func bodyLimit(_ path: some StringProtocol) -> Int {
        path == "/api/import" || path == "/api/evaluate" || isOfOtherTool(path) ? 64 << 20 : 1 << 20
    }

    private static func isOfOtherTool(_ path: some StringProtocol) -> Bool {
        ConnectedRoutes.prefixes.contains { path.hasPrefix("/\($0)/") }
    }

    private var hosts: [String] { ["127.0.0.1:\(port)", "localhost:\(port)", "[::1]:\(port)"] }

    /// - Returns: nil for a request that is answered.
    package func refusal(of head: HTTPRequestHead) -> Refusal? {
        do throws(Refusal) {
            try check(head)
            return nil
        } catch { return error }
    }

    private func check(_ head: HTTPRequestHead) throws(Refusal) {
        guard Self.methods.contains(head.method) else {
            throw Refusal(status: 405, code: "request.method", message: "The method is not known here")
        }
        guard head.version == .http1_1 else {
            throw Refusal(status: 505, code: "request.version", message: "Expected HTTP/1.1")
        }
        let path = try checkTarget(head.uri)
        var bytes = 0
        for field in head.headers { bytes += field.name.utf8.count + field.value.utf8.count + 4 }
        guard bytes <= Self.mostHeaderBytes, head.headers.count <= Self.mostHeaders else {
            throw Refusal(status: 431, code: "request.headers", message: "The request has too many headers")
        }
        let host = try checkHost(head.headers)
        try checkOrigin(head, host, path)
        try checkBody(head, path)
        try checkToken(head.headers, path)
    }

    /// - Returns: the path without the query.
    private func checkTarget(_ uri: String) throws(Refusal) -> Substring {
        guard uri.utf8.count <= Self.longestTarget else {
            throw Refusal(status: 414, code: "request.target", message: "The address is too long")
        }
        guard uri.hasPrefix("/"), !uri.hasPrefix("//"),
            uri.utf8.allSatisfy({ (33...126).contains($0) && $0 != UInt8(ascii: "#") })
        else {
            throw Refusal(
                status: 400, code: "request.target", message: "Expected a path that begins with one slash")
        }
        return uri.prefix { $0 != "?" }
    }

    private func checkHost(_ headers: HTTPHeaders) throws(Refusal) -> String {
        let named = headers["Host"]
        guard named.count == 1 else {
            throw Refusal(status: 400, code: "request.host", message: "Expected one Host")
        }
        let host = named[0].lowercased()
        guard hosts.contains(host) else {
            throw Refusal(
                status: 403, code: "request.host",
                message: "This server answers to 127.0.0.1 and localhost only")
        }
        return host
    }

    private func checkOrigin(_ head: HTTPRequestHead, _ host: String, _ path: Substring) throws(Refusal) {
        let foreign = Refusal(
            status: 403, code: "request.origin", message: "Only the labelling page itself may ask this")
        let sites = head.headers["Sec-Fetch-Site"]
        let isNavigation =
            head.method == .GET && path == "/" && head.headers["Sec-Fetch-Mode"] == ["navigate"]
            && head.headers["Sec-Fetch-Dest"] == ["document"]
        guard sites.count <= 1 else { throw foreign }
        if let site = sites.first?.lowercased(), site != "same-origin", site != "none", !isNavigation {
            throw foreign
        }
        let origins = head.headers["Origin"]
        guard origins.count <= 1 else { throw foreign }
        if let origin = origins.first {
            guard origin.lowercased() == "http://\(host)" else { throw foreign }
        } else if head.method != .GET && head.method != .HEAD {
            // A browser always says where such a request comes from; a script shows the token.
            guard hasToken(head.headers) || hasKey(path) else { throw foreign }
        }
    }

    private func checkBody(_ head: HTTPRequestHead, _ path: Substring) throws(Refusal) {
        guard !head.headers.contains(name: "Transfer-Encoding") else {
            throw Refusal(status: 411, code: "request.length", message: "Expected a Content-Length")
        }
        guard !head.headers.contains(name: "Expect"), !head.headers.contains(name: "Upgrade") else {
            throw Refusal(status: 417, code: "request.expect", message: "Expected a plain request")
        }
        let lengths = head.headers["Content-Length"]
        let length = lengths.isEmpty ? 0 : lengths.count == 1 ? Int(lengths[0]) : nil
        guard let length, length >= 0 else {
            throw Refusal(status: 400, code: "request.length", message: "Expected one Content-Length")
        }
        if head.method == .GET || head.method == .HEAD {
            guard length == 0 else {
                throw Refusal(status: 400, code: "request.body", message: "Expected no body")
            }
            return
        }
        let types = head.headers["Content-Type"]
        let type = types.first?.lowercased().filter { $0 != " " }
        guard types.count == 1, type == "application/json" || type == "application/json;charset=utf-8" else {
            throw Refusal(
                status: 415, code: "request.type", message: "Expected Content-Type: application/json")
        }
        let limit = Self.bodyLimit(path)
        guard length <= limit else {
            throw Refusal(
                status: 413, code: "request.body", message: "Expected at most \(limit) bytes, found \(length)"
            )
        }
    }

    private func checkToken(_ headers: HTTPHeaders, _ path: Substring) throws(Refusal) {
        guard !Self.isOfOtherTool(path) || hasKey(path) else {
            throw Refusal(
                status: 401, code: "request.token", message: "Use the address that was printed for this tool")
        }
        guard path.hasPrefix("/api/") || path == "/api", path != "/api/session" else { return }
        guard hasToken(headers) || hasCookie(headers) else {
            throw Refusal(
                status: 401, code: "request.token",
                message: "Open the page by the address that was printed")
        }
    }

    private func hasToken(_ headers: HTTPHeaders) -> Bool {
        let sent = headers[Self.tokenHeader]
        return sent.count == 1 && Self.isSame(sent[0], token)
    }

    /// Whether the path of another tool's address carries the key.
    private func hasKey(_ path: Substring) -> Bool {
        guard let key, Self.isOfOtherTool(path) else { return false }
        let parts = path.split(separator: "/", maxSplits: 2)
        return parts.count > 1 && Self.isSame(String(parts[1]), key)
    }

    private func hasCookie(_ headers: HTTPHeaders) -> Bool {
        headers["Cookie"].flatMap { $0.split(separator: ";") }.contains { cookie in
            let parts = cookie.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            return parts.count == 2 && parts[0] == cookieName && Self.isSame(String(parts[1]), secret)
        }
    }

    /// Compares in a time that does not tell where two texts differ.
    package static func isSame(_ a: String, _ b: String) -> Bool {
        let (x, y) = (Array(a.utf8), Array(b.utf8))
        guard x.count == y.count else { return false }
        var difference: UInt8 = 0
        for i in x.indices { difference |= x[i] ^ y[i] }
        return difference == 0
    }

    /// 128 random bits as base64url.
    package static func randomToken() -> String {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        // 22 characters of 6 bits are 132 bits.
        return String((0..<22).map { _ in alphabet[Int(generator.next() & 63)] })
    }
}
