import Foundation
import SpanielJSON
import SpanielPlatform

/// HTTP as bytes on a socket, so that a test can send what no client would.
final class RawClient {
    struct Answer {
        var status = 0
        var headers: [String: String] = [:]
        var body: [UInt8] = []

        var json: JSON { (try? JSON(parsing: body)) ?? .null }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    struct Failed: Error, CustomStringConvertible { let description: String }

    let descriptor: Int32
    let port: Int

    /// - Parameter version: of the internet protocol, 4 or 6.
    init(port: Int, seconds: Int = 120, version: Int = 4) throws {
        self.port = port
        #if canImport(Glibc)
            descriptor = socket(version == 6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            descriptor = socket(version == 6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var address6 = sockaddr_in6()
        address6.sin6_family = sa_family_t(AF_INET6)
        address6.sin6_port = in_port_t(port).bigEndian
        address6.sin6_addr = in6addr_loopback
        func connected<Address>(to address: inout Address) -> Int32 {
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
                }
            }
        }
        let status = version == 6 ? connected(to: &address6) : connected(to: &address)
        guard status == 0 else { throw Failed(description: "connect: \(String(cString: strerror(errno)))") }
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// - Returns: how many bytes went out before the other side had enough.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Int {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                #if canImport(Glibc)
                    Glibc.send(descriptor, $0.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL))
                #else
                    Darwin.send(descriptor, $0.baseAddress! + done, bytes.count - done, 0)
                #endif
            }
            if count <= 0 { break }
            done += count
        }
        return done
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    private var held: [UInt8] = []

    /// nil at the end, or when nothing came in time.
    private func more() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        held += buffer[..<count]
        return true
    }

    /// Whether the other side has closed; waits for it up to the time limit of the socket.
    func isClosed() -> Bool {
        while true {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 { return true }
            if count < 0 { return errno == ECONNRESET }
        }
    }

    /// Reads one answer.
    func answer(isHead: Bool = false) throws -> Answer {
        let end = Array("\r\n\r\n".utf8)
        while held.firstRange(of: end) == nil { guard more() else { throw Failed(description: "no answer") } }
        let range = held.firstRange(of: end)!
        let lines = String(decoding: held[..<range.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        held.removeSubrange(..<range.upperBound)
        var answer = Answer()
        answer.status = Int(lines[0].split(separator: " ").dropFirst().first ?? "") ?? 0
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            answer.headers[parts[0].lowercased()] =
                parts.count > 1
                ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
        let length = isHead || answer.status == 204 ? 0 : Int(answer.headers["content-length"] ?? "0") ?? 0
        while held.count < length { guard more() else { throw Failed(description: "half an answer") } }
        answer.body = Array(held[..<length])
        held.removeSubrange(..<length)
        return answer
    }

    /// What has come so far of a stream, after waiting for a text.
    func read(until text: String) -> String {
        while !String(decoding: held, as: UTF8.self).contains(text) { guard more() else { break } }
        return String(decoding: held, as: UTF8.self)
    }
}

/// Asks as the page does.
struct PageClient: Sendable {
    let port: Int
    let token: String

    func ask(
        _ method: String, _ path: String, _ body: JSON? = nil, version: Int? = nil, headers: [String] = []
    ) throws -> RawClient.Answer {
        let client = try RawClient(port: port)
        var text = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nX-Spaniel-Token: \(token)\r\n"
        text += "Connection: close\r\n"
        for header in headers { text += header + "\r\n" }
        if let version { text += "If-Match: \"\(version)\"\r\n" }
        var bytes: [UInt8] = []
        if method != "GET" && method != "HEAD" {
            bytes = (body ?? [:]).bytes()
            text += "Content-Type: application/json\r\nContent-Length: \(bytes.count)\r\n"
        }
        client.send(Array((text + "\r\n").utf8) + bytes)
        return try client.answer(isHead: method == "HEAD")
    }

    /// - Throws: when the status is another than expected.
    @discardableResult
    func json(
        _ method: String, _ path: String, _ body: JSON? = nil, version: Int? = nil, status: Int? = nil
    ) throws -> JSON {
        let answer = try ask(method, path, body, version: version)
        guard answer.status == status ?? answer.status, status != nil || (200..<300).contains(answer.status)
        else { throw RawClient.Failed(description: "\(method) \(path): \(answer.status) \(answer.text)") }
        return answer.json
    }
}
