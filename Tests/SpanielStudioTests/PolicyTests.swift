import NIOHTTP1
import SpanielStudio
import Testing

/// Who is answered: one row of the matrix a case.
struct PolicyTests {
    private let policy = RequestPolicy(port: 8790, token: "the-token", secret: "the-secret")

    struct Case: Sendable, CustomTestStringConvertible {
        var method = HTTPMethod.POST
        var target = "/api/undo"
        var headers: [(String, String)]
        var status: Int?
        var version = HTTPVersion.http1_1

        var testDescription: String {
            "\(method) \(target) \(headers.map { "\($0.0): \($0.1.prefix(60))" }.joined(separator: ", "))"
        }
    }

    private static let host = ("Host", "127.0.0.1:8790")
    private static let origin = ("Origin", "http://127.0.0.1:8790")
    private static let type = ("Content-Type", "application/json")
    private static let cookie = ("Cookie", "spaniel-8790=the-secret")
    private static let token = ("X-Spaniel-Token", "the-token")
    private static let whole = [host, origin, type, cookie]

    private static func get(_ target: String, _ headers: [(String, String)], _ status: Int?) -> Case {
        Case(method: .GET, target: target, headers: headers, status: status)
    }

    static let cases: [Case] = [
        // What the page itself sends
        Case(headers: whole, status: nil),
        Case(headers: whole + [("Sec-Fetch-Site", "same-origin")], status: nil),
        Case(headers: whole + [("Content-Length", "2")], status: nil),
        Case(
            headers: [("Host", "localhost:8790"), ("Origin", "http://localhost:8790"), type, cookie],
            status: nil),
        Case(
            headers: [("Host", "LOCALHOST:8790"), ("Origin", "http://localhost:8790"), type, cookie],
            status: nil),
        Case(headers: [("Host", "[::1]:8790"), ("Origin", "http://[::1]:8790"), type, cookie], status: nil),
        Case(
            headers: [host, origin, ("Content-Type", "application/json; charset=utf-8"), cookie], status: nil),
        Case(headers: [host, origin, type, ("Cookie", "a=b; spaniel-8790=the-secret")], status: nil),
        Case(headers: [host, type, token], status: nil),
        Case(method: .DELETE, target: "/api/jobs/j1", headers: whole, status: nil),
        Case(method: .PATCH, target: "/api/classes/c1", headers: whole, status: nil),
        Case(method: .PUT, target: "/api/annotations/a1", headers: whole, status: nil),
        Case(target: "/api/session", headers: [host, origin, type], status: nil),
        get("/", [host], nil),
        get("/", [host, ("Sec-Fetch-Site", "none")], nil),
        get("/modules/main.js", [host, ("Sec-Fetch-Site", "same-origin")], nil),
        get("/api/project", [host, cookie], nil),
        get("/api/project", [host, token], nil),
        get("/api/project", [host, origin, cookie], nil),
        Case(method: .HEAD, target: "/api/project", headers: [host, cookie], status: nil),
        // A link from another site leads to the page, and to nothing else
        get(
            "/",
            [
                host, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"),
                ("Sec-Fetch-Dest", "document"),
            ], nil),
        get(
            "/",
            [
                host, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"),
                ("Sec-Fetch-Dest", "iframe"),
            ], 403),
        get(
            "/",
            [
                host, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors"),
                ("Sec-Fetch-Dest", "image"),
            ], 403),
        get("/", [host, ("Sec-Fetch-Site", "same-site")], 403),
        get(
            "/api/project",
            [
                host, cookie, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"),
                ("Sec-Fetch-Dest", "document"),
            ], 403),
        get("/modules/main.js", [host, ("Sec-Fetch-Site", "cross-site")], 403),
        get("/api/pictures/p1/image", [host, cookie, ("Sec-Fetch-Site", "same-site")], 403),
        get(
            "/api/project", [host, cookie, ("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "same-origin")], 403
        ),
        Case(headers: whole + [("Sec-Fetch-Site", "cross-site")], status: 403),
        Case(headers: whole + [("Sec-Fetch-Site", "same-site")], status: 403),
        // Host
        get("/", [], 400),
        get("/", [host, host], 400),
        get("/", [host, ("Host", "evil.example")], 400),
        get("/", [("Host", "")], 403),
        get("/", [("Host", "127.0.0.1")], 403),
        get("/", [("Host", "127.0.0.1:8791")], 403),
        get("/", [("Host", "127.0.0.1:8790.evil.example")], 403),
        get("/", [("Host", "127.0.0.2:8790")], 403),
        get("/", [("Host", "0.0.0.0:8790")], 403),
        get("/", [("Host", "evil.example:8790")], 403),
        get("/", [("Host", "localhost")], 403),
        get("/", [("Host", "localhost.:8790")], 403),
        get("/", [("Host", "localhost:8790, evil.example")], 403),
        get("/", [("Host", "user@127.0.0.1:8790")], 403),
        get("/", [("Host", "2130706433:8790")], 403),
        get("/", [("Host", "[::ffff:127.0.0.1]:8790")], 403),
        get("/", [("Host", "127.0.0.1:08790")], 403),
        // Origin
        Case(headers: [host, ("Origin", "http://evil.example"), type, cookie], status: 403),
        Case(headers: [host, ("Origin", "null"), type, cookie], status: 403),
        Case(headers: [host, ("Origin", ""), type, cookie], status: 403),
        Case(headers: [host, ("Origin", "https://127.0.0.1:8790"), type, cookie], status: 403),
        Case(headers: [host, ("Origin", "http://127.0.0.1"), type, cookie], status: 403),
        Case(headers: [host, ("Origin", "http://127.0.0.1:8791"), type, cookie], status: 403),
        Case(headers: [host, ("Origin", "http://localhost:8790"), type, cookie], status: 403),
        Case(headers: [host, ("Origin", "http://127.0.0.1:8790.evil.example"), type, cookie], status: 403),
        Case(
            headers: [host, ("Origin", "http://evil.example/http://127.0.0.1:8790"), type, cookie],
            status: 403),
        Case(headers: [host, origin, origin, type, cookie], status: 403),
        Case(headers: [host, type, cookie], status: 403),
        Case(headers: [host, type, cookie, ("Referer", "http://127.0.0.1:8790/")], status: 403),
        Case(headers: [host, ("Origin", "http://evil.example"), type, token], status: 403),
        get("/api/project", [host, ("Origin", "http://evil.example"), cookie], 403),
        get("/api/events", [host, ("Origin", "null"), cookie], 403),
        Case(target: "/api/session", headers: [host, ("Origin", "http://evil.example"), type], status: 403),
        Case(target: "/api/session", headers: [host, type], status: 403),
        // What forms and simple requests of other sites can send
        Case(headers: [host, origin, cookie], status: 415),
        Case(headers: [host, origin, ("Content-Type", "text/plain"), cookie], status: 415),
        Case(
            headers: [host, origin, ("Content-Type", "application/x-www-form-urlencoded"), cookie],
            status: 415),
        Case(
            headers: [host, origin, ("Content-Type", "multipart/form-data; boundary=x"), cookie], status: 415),
        Case(headers: [host, origin, ("Content-Type", "text/plain; application/json"), cookie], status: 415),
        Case(headers: [host, origin, ("Content-Type", "application/jsonx"), cookie], status: 415),
        Case(headers: [host, origin, type, ("Content-Type", "text/plain"), cookie], status: 415),
        // Without the token
        get("/api/project", [host], 401),
        get("/api/pictures/p1/image", [host], 401),
        get("/api/events", [host], 401),
        get("/api", [host], 401),
        get("/api/project", [host, ("Cookie", "spaniel-8790=the-secre")], 401),
        get("/api/project", [host, ("Cookie", "spaniel-8790=the-token")], 401),
        get("/api/project", [host, ("Cookie", "spaniel-8791=the-secret")], 401),
        get("/api/project", [host, ("Cookie", "spaniel-8790=")], 401),
        get("/api/project", [host, ("X-Spaniel-Token", "the-secret")], 401),
        get("/api/project", [host, token, token], 401),
        get("/api/project?token=the-token", [host], 401),
        Case(headers: [host, origin, type], status: 401),
        Case(headers: [host, origin, type, ("X-Spaniel-Token", "x")], status: 401),
        // Methods, targets, lengths
        Case(method: .OPTIONS, headers: whole, status: 405),
        Case(method: .TRACE, headers: whole, status: 405),
        Case(method: .CONNECT, headers: whole, status: 405),
        Case(method: .RAW(value: "PROPFIND"), headers: whole, status: 405),
        get("http://127.0.0.1:8790/api/project", [host, cookie], 400),
        get("http://evil.example/", [host], 400),
        get("//evil.example/", [host], 400),
        get("*", [host], 400),
        get("evil.example:443", [host], 400),
        get("", [host], 400),
        get("/a b", [host], 400),
        get("/\u{7F}", [host], 400),
        get("/é", [host], 400),
        get("/#x", [host], 400),
        get("/" + String(repeating: "a", count: 9000), [host], 414),
        Case(headers: whole + [("Transfer-Encoding", "chunked")], status: 411),
        Case(headers: whole + [("Expect", "100-continue")], status: 417),
        Case(headers: whole + [("Upgrade", "websocket")], status: 417),
        Case(headers: whole + [("Content-Length", "1048577")], status: 413),
        Case(headers: whole + [("Content-Length", "1000000000")], status: 413),
        Case(headers: whole + [("Content-Length", "-1")], status: 400),
        Case(headers: whole + [("Content-Length", "1"), ("Content-Length", "2")], status: 400),
        Case(target: "/api/import", headers: whole + [("Content-Length", "67108864")], status: nil),
        Case(target: "/api/import", headers: whole + [("Content-Length", "67108865")], status: 413),
        Case(target: "/api/import/", headers: whole + [("Content-Length", "67108864")], status: 413),
        get("/api/project", [host, cookie, ("Content-Length", "5")], 400),
        get("/", [host] + (0..<120).map { ("X-\($0)", "y") }, 431),
        get("/", [host, ("X-Long", String(repeating: "y", count: 17_000))], 431),
        Case(method: .GET, target: "/", headers: [host], status: 505, version: .http1_0),
    ]

    @Test(arguments: cases) func `Only the page itself is answered`(_ row: Case) {
        let head = HTTPRequestHead(
            version: row.version, method: row.method, uri: row.target, headers: HTTPHeaders(row.headers))
        #expect(policy.refusal(of: head)?.status == row.status)
    }

    @Test func `The matrix has more than sixty cases, and tokens are 22 characters that differ`() {
        #expect(Self.cases.count > 100)
        let tokens = (0..<100).map { _ in RequestPolicy.randomToken() }
        #expect(Set(tokens).count == 100 && tokens.allSatisfy { $0.count == 22 })
        #expect(RequestPolicy.isSame("abc", "abc"))
        #expect(!RequestPolicy.isSame("abc", "abd") && !RequestPolicy.isSame("abc", "ab"))
    }
}
