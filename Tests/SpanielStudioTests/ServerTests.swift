import Foundation
import NIOCore
import SpanielImaging
import SpanielJSON
import SpanielPlatform
import SpanielStudio
import Testing

/// The server on its socket: safety, limits, deadlines.
@Suite(.serialized, OwnThread()) struct ServerTests {
    @Test func `The token of the address becomes a cookie that scripts cannot read`() async throws {
        let page = try await Page()
        let (port, token) = (page.client.port, page.client.token)
        func session(_ token: String) throws -> RawClient.Answer {
            let client = try RawClient(port: port)
            let body: JSON = ["token": JSON(token)]
            let bytes = body.bytes()
            client.send(
                Array(
                    """
                    POST /api/session HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nOrigin: http://127.0.0.1:\(port)\r\n\
                    Content-Type: application/json\r\nContent-Length: \(bytes.count)\r\n\r\n
                    """.utf8) + bytes)
            return try client.answer()
        }
        #expect(try session("wrong").status == 403)
        let answer = try session(token)
        #expect(answer.status == 204)
        let cookie = answer.headers["set-cookie"] ?? ""
        #expect(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Path=/"))
        #expect(!cookie.contains(token), "the cookie does not tell the token")
        let client = try RawClient(port: port)
        let value = cookie.prefix { $0 != ";" }
        client.send("GET /api/project HTTP/1.1\r\nHost: localhost:\(port)\r\nCookie: \(value)\r\n\r\n")
        #expect(try client.answer().status == 200)
        // The same connection serves again, and without the cookie it does not.
        client.send("GET /api/project HTTP/1.1\r\nHost: localhost:\(port)\r\n\r\n")
        #expect(try client.answer().status == 401)
        await page.stop()
    }

    @Test func `Every answer forbids what a page could be used for`() async throws {
        let page = try await Page()
        for path in ["/", "/api/project", "/nowhere", "/api/nowhere", "/api/pictures/p1/thumbnail"] {
            let answer = try page.client.ask("GET", path)
            #expect(answer.headers["x-content-type-options"] == "nosniff", "\(path)")
            #expect(answer.headers["content-security-policy"]?.contains("frame-ancestors 'none'") == true)
            #expect(answer.headers["content-security-policy"]?.contains("default-src 'self'") == true)
            #expect(answer.headers["referrer-policy"] == "no-referrer")
            #expect(answer.headers["cache-control"] == "no-store")
            #expect(answer.headers.keys.allSatisfy { !$0.hasPrefix("access-control-") })
        }
        await page.stop()
    }

    /// Addresses that lead elsewhere where a server reads them wrongly.
    static let traversals: [String] = {
        let ups = [
            "..", ".", "%2e%2e", "%2E%2E", ".%2e", "%2e.", "..%2f", "..%5c", "..\\", "%252e%252e", "..;",
            "..%00",
            "%c0%ae%c0%ae", "%uff0e%uff0e", "....", "..%ef%bc%8f", "%2e%2e%2f", "..%c0%af", "..%255c",
            "%00..",
        ]
        let bases = ["/", "/modules/", "/api/pictures/", "/api/exports/", "/api/pictures/p1/", "/style/"]
        return bases.flatMap { base in
            ups.flatMap { up in
                ["\(base)\(up)/secret.txt", "\(base)\(up)/\(up)/\(up)/secret.txt"]
            }
        } + [
            "/api/pictures/secret.txt/image", "/api/pictures/..%2fsecret.txt/image",
            "/api/pictures/p1%2f..%2fsecret.txt",
            "/api/pictures/%70%31/image", "/api/pictures/p-1/image",
            "/api/pictures/p99999999999999999999/image",
            "/api/pictures/p1;/image", "/api/pictures/p1%00/image", "/api/pictures/P1/image",
            "/api/pictures//image",
            "/api/pictures/p0x1/image", "/api/pictures/p١/image", "/api/exports/x1/../secret.txt",
            "/secret.txt", "/photos/secret.txt", "/etc/passwd", "/api/exports/secret.txt", "/openapi.yaml/..",
            "/index.html/../secret.txt", "/./secret.txt",
        ]
    }()

    @Test func `No address opens a file outside the folder`() async throws {
        let page = try await Page { folder in
            try Page.draw(folder, count: 1)
            try Data("the secret".utf8).write(to: folder.appending(path: "../secret.txt"))
            try Data("the secret".utf8).write(to: folder.appending(path: "secret.txt"))
            let secret = Picture(rgb: [9, 9, 9], width: 1, height: 1).pngData()
            try secret.write(to: folder.appending(path: "../outside.png"))
            // A link to a picture outside is no picture of the folder.
            try FileManager.default.createSymbolicLink(
                atPath: folder.appending(path: "link.png").path, withDestinationPath: "../outside.png")
            try FileManager.default.createSymbolicLink(
                atPath: folder.appending(path: "linked").path, withDestinationPath: "..")
        }
        #expect(Self.traversals.count > 200)
        for path in Self.traversals {
            let answer = try page.client.ask("GET", path)
            #expect((400..<500).contains(answer.status), "\(path): \(answer.status)")
            #expect(!answer.text.contains("the secret"), "\(path)")
        }
        let names = try page.client.json("GET", "/api/pictures")["pictures"]?.array?.compactMap {
            $0["name"]?.string
        }
        #expect(names == ["photo-0.png"])
        await page.stop()
    }

    @Test func `A path is followed into the folder only, and through no link`() throws {
        let scratch = try ScratchedFolder()
        let folder = try PhotoFolder(scratch.inner)
        #expect(try folder.bytes("a.png") == Array("a".utf8))
        #expect(try folder.bytes("sub/b.png") == Array("b".utf8))
        for path in [
            "../outside.png", "sub/../a.png", "./a.png", "/etc/passwd", "link.png", "linked/outside.png",
            "sub//b.png",
            "", ".", "..", "sub", "sub/", "a.png/", "a.png\u{0}", "sub/../../outside.png", "missing.png",
            "pipe.png",
        ] {
            #expect(throws: StudioError.self, "\(path)") { try folder.bytes(path) }
        }
        #expect(try folder.files().map(\.path) == ["a.png", "sub/b.png"])
    }

    @Test func `Slow headers end at their deadline, and a trickled body too`() async throws {
        var limits = ConnectionLimits()
        limits.header = .milliseconds(500)
        limits.body = .milliseconds(700)
        let page = try await Page(limits: limits)
        let port = page.client.port
        let clock = ContinuousClock()
        // Nothing at all, and headers a byte at a time
        let silent = try RawClient(port: port, seconds: 5)
        var start = clock.now
        #expect(silent.isClosed())
        #expect(clock.now - start < .seconds(2))
        let slow = try RawClient(port: port, seconds: 1)
        start = clock.now
        var sent = 0
        for byte in "GET / HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nX: ".utf8 where sent == 0 || sent < 40 {
            if slow.send([byte]) == 0 { break }
            sent += 1
            try await Task.sleep(for: .milliseconds(50))
            if clock.now - start > .seconds(1.5) { break }
        }
        #expect(slow.isClosed())
        // A body that never ends, each byte in time
        let trickle = try RawClient(port: port, seconds: 1)
        trickle.send(
            """
            POST /api/undo HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nX-Spaniel-Token: \(page.client.token)\r\n\
            Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n
            """)
        start = clock.now
        while clock.now - start < .seconds(3) {
            if trickle.send([UInt8(ascii: " ")]) == 0 { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(trickle.isClosed())
        #expect(clock.now - start < .seconds(2))
        // The server serves on.
        #expect(try page.client.ask("GET", "/api/project").status == 200)
        await page.stop()
    }

    @Test func `Two hundred slow connections keep no request waiting`() async throws {
        let page = try await Page()
        let port = page.client.port
        var slow: [RawClient] = []
        for _ in 0..<200 {
            let client = try RawClient(port: port, seconds: 12)
            client.send("GET / HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nX-Slow: ")
            slow.append(client)
        }
        var times: [Duration] = []
        for _ in 0..<100 {
            let start = ContinuousClock.now
            #expect(try page.client.ask("GET", "/api/project").status == 200)
            times.append(.now - start)
        }
        #expect(times.sorted()[98] < .milliseconds(200), "\(times.max()!)")
        for client in slow.suffix(3) { #expect(client.isClosed()) }
        await page.stop()
    }

    /// Whether this machine has IPv6 at all.
    static let hasIPv6: Bool = {
        let scratch = try? String(contentsOfFile: "/proc/net/if_inet6", encoding: .utf8)
        return scratch?.contains("00000000000000000000000000000001") ?? true
    }()

    @Test(.enabled(if: hasIPv6)) func `It listens on the loopback of IPv6 too`() async throws {
        let page = try await Page()
        let port = page.client.port
        var client: RawClient?
        for _ in 0..<100 where client == nil {
            client = try? RawClient(port: port, version: 6)
            if client == nil { try await Task.sleep(for: .milliseconds(20)) }
        }
        let found = try #require(client)
        found.send("GET / HTTP/1.1\r\nHost: [::1]:\(port)\r\n\r\n")
        #expect(try found.answer().status == 200)
        await page.stop()
    }

    @Test func `A huge body is refused before it is read`() async throws {
        let page = try await Page()
        let client = try RawClient(port: page.client.port, seconds: 5)
        client.send(
            """
            POST /api/undo HTTP/1.1\r\nHost: 127.0.0.1:\(page.client.port)\r\nX-Spaniel-Token: \(page.client.token)\r\n\
            Content-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n
            """)
        #expect(try client.answer().status == 413)
        // What is sent all the same goes no further than the buffers of the sockets.
        var sent = 0
        let chunk = [UInt8](repeating: 32, count: 65_536)
        while sent < 64 << 20 {
            let count = client.send(chunk)
            sent += count
            if count < chunk.count { break }
        }
        #expect(sent < 64 << 20, "\(sent)")
        await page.stop()
    }

    @Test func `What is no HTTP is answered with 400, and what is no JSON with a sentence`() async throws {
        let page = try await Page()
        for text in ["hello\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}\r\n\r\n"] {
            let client = try RawClient(port: page.client.port, seconds: 3)
            client.send(text)
            if let answer = try? client.answer() { #expect([400, 505].contains(answer.status), "\(text)") }
        }
        for body in [
            "", "[]", "{", "null", "\"x\"", "{\"decisions\":{}}", "{\"a\":1,\"a\":2}",
            String(repeating: "[", count: 100),
        ] {
            let client = try RawClient(port: page.client.port, seconds: 3)
            client.send(
                """
                POST /api/decisions HTTP/1.1\r\nHost: 127.0.0.1:\(page.client.port)\r\n\
                X-Spaniel-Token: \(page.client.token)\r\nContent-Type: application/json\r\n\
                Content-Length: \(body.utf8.count)\r\n\r\n\(body)
                """)
            let answer = try client.answer()
            #expect(answer.status == 422, "\(body): \(answer.text)")
            #expect(answer.json["error"]?["message"]?.string?.isEmpty == false)
        }
        await page.stop()
    }

    @Test func `Every address of the description is answered, and every file of the page is in the program`()
        async throws
    {
        let page = try await Page()
        let text = try page.client.ask("GET", "/api/openapi.yaml").text
        let paths = text.split(separator: "\n").filter { $0.hasPrefix("  /") }.map {
            $0.dropFirst(2).prefix { $0 != ":" }
        }
        #expect(paths.count > 30)
        let id = try page.firstPicture()
        for path in paths {
            var address = String(path).replacing("{picture}", with: id)
            for (name, value) in [
                ("class", "c1"), ("annotation", "a1"), ("prompt", "q1"), ("job", "j1"), ("export", "x1"),
            ] {
                address = address.replacing("{\(name)}", with: value)
            }
            guard address != "/api/events" else { continue }
            let answers = try ["GET", "POST", "PUT", "PATCH", "DELETE"].map {
                try page.client.ask($0, address)
            }
            let known = answers.contains {
                $0.json["error"]?["message"]?.string?.contains("such address") != true
            }
            #expect(known, "\(path)")
        }
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/SpanielStudio/Page")
        let files =
            FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String }.filter {
                (try? root.appending(path: $0).resourceValues(forKeys: [.isRegularFileKey]).isRegularFile)
                    == true
            } ?? []
        #expect(Set(files).union(["openapi.yaml"]) == Set(PageFiles.names), "run Packaging/page")
        for file in files { #expect(try page.client.ask("GET", "/\(file)").status == 200) }
        await page.stop()
    }
}

/// A folder with links that lead out of it.
final class ScratchedFolder {
    let outer: URL
    var inner: String { outer.appending(path: "in").path }

    init() throws {
        outer = FileManager.default.temporaryDirectory.appending(path: "spaniel-test-\(UUID().uuidString)")
        let inside = outer.appending(path: "in")
        try FileManager.default.createDirectory(
            at: inside.appending(path: "sub"), withIntermediateDirectories: true)
        try Data("a".utf8).write(to: inside.appending(path: "a.png"))
        try Data("b".utf8).write(to: inside.appending(path: "sub/b.png"))
        try Data("x".utf8).write(to: outer.appending(path: "outside.png"))
        let files = FileManager.default
        try files.createSymbolicLink(atPath: "\(inside.path)/link.png", withDestinationPath: "../outside.png")
        try files.createSymbolicLink(atPath: "\(inside.path)/linked", withDestinationPath: "..")
        mkfifo("\(inside.path)/pipe.png", 0o600)
    }

    deinit { try? FileManager.default.removeItem(at: outer) }
}
