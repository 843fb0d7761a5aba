import SpanielHub
import Testing

@Suite("The hub's protocol")
struct ProtocolTests {
    private func reply(_ lines: String...) -> Reply {
        var reply = Reply()
        for line in lines { reply.read(line + "\r\n") }
        return reply
    }

    @Test("the digest is the linked one before the plain one, without quotes and weak mark")
    func etags() {
        #expect(reply("HTTP/1.1 200 OK", "ETag: W/\"ab\"").etag == "ab")
        #expect(reply("HTTP/2 302", "etag: \"ab\"", "X-Linked-Etag:\"cd\"").etag == "cd")
        #expect(reply("HTTP/1.1 200 OK").etag == nil)
        #expect(reply("HTTP/1.1 200 OK", "ETag:").etag == nil)
    }

    @Test("the size is the linked one, or the length of what is no redirect")
    func sizes() {
        #expect(reply("HTTP/1.1 200 OK", "Content-Length: 12").size == 12)
        #expect(reply("HTTP/1.1 302 Found", "Location: /x", "Content-Length: 12").size == nil)
        #expect(
            reply("HTTP/1.1 302 Found", "Location: /x", "Content-Length: 12", "X-Linked-Size: 99").size == 99)
        for bad in ["-1", "1e9", "0x10", " ", "9999999999999999999", "１２"] {
            #expect(reply("HTTP/1.1 200 OK", "Content-Length: \(bad)").size == nil, "\(bad)")
        }
    }

    @Test("a later head replaces an earlier one")
    func heads() {
        let last = reply("HTTP/1.1 100 Continue", "X: 1", "", "HTTP/1.1 206 Partial", "Y: 2")
        #expect(last.status == 206 && last["x"] == nil && last["y"] == "2")
        #expect(reply("HTTP/1.1").status == 0)
        #expect(reply("HTTP/1.1 x").status == 0)
    }

    @Test("how long to wait is said by Retry-After, or with 429 by the rest of the window")
    func waits() {
        #expect(reply("HTTP/1.1 503 x", "Retry-After: 2.5").wait == 2.5)
        #expect(reply("HTTP/1.1 429 x", "RateLimit: \"api\";r=0;t=55").wait == 55)
        #expect(reply("HTTP/1.1 429 x", "RateLimit: \"api\";r=0;t=55", "Retry-After: 1").wait == 1)
        for bad in ["-1", "nan", "inf", "Fri, 01 Jan 2027 00:00:00 GMT"] {
            #expect(reply("HTTP/1.1 503 x", "Retry-After: \(bad)").wait == nil, "\(bad)")
        }
    }

    @Test("a part says where it begins and how long the whole is")
    func parts() throws {
        let part = try #require(reply("HTTP/1.1 206 x", "Content-Range: bytes 100-199/200").part)
        #expect(part.start == 100 && part.total == 200)
        #expect(try #require(reply("HTTP/1.1 206 x", "Content-Range: bytes 1-2/*").part).total == nil)
        for bad in ["bytes */200", "bytes -5/10", "items 1-2/3", "bytes 1-2"] {
            #expect(reply("HTTP/1.1 206 x", "Content-Range: \(bad)").part == nil, "\(bad)")
        }
    }

    @Test(
        "a redirect leads where a browser would go, and whether it stays is told",
        arguments: [
            ("/a?b", "https://h:8/a?b", true), ("c", "https://h:8/x/c", true),
            ("//other/a", "https://other/a", false), ("http://other", "http://other", false),
            ("HTTPS://H:8/z", "HTTPS://H:8/z", false), ("../c", "https://h:8/x/../c", true),
        ])
    func redirects(location: String, target: String, stays: Bool) throws {
        let address = try #require(Address("https://h:8/x/y?q=/z#f"))
        let found = try #require(address.resolving(location))
        #expect(found.address.text == target && found.isRelative == stays)
    }

    @Test(
        "what is no address of the web is followed by nobody",
        arguments: [
            "", "file:///etc/passwd", "ftp://h", "javascript:x", "http://", "http://u:p@h/", "/a b",
            "/a\u{1}", "http://h\\@x", "data:,x", "https:/x", "//",
        ])
    func badRedirects(location: String) throws {
        #expect(try #require(Address("https://h/x")).resolving(location) == nil)
    }

    @Test("who gets the token is told apart by scheme, host and port")
    func origins() throws {
        func origin(_ text: String) throws -> String { try #require(Address(text)).origin }
        #expect(try origin("https://H/a") == origin("HTTPS://h:443"))
        #expect(try origin("http://h:80/") == origin("http://h"))
        for other in ["http://h", "https://h:444", "https://h.x", "https://hh"] {
            #expect(try origin(other) != origin("https://h"))
        }
    }

    @Test("a revision is one part of an address, its slashes encoded")
    func quoting() {
        #expect(Address.quoted("refs/pr/1") == "refs%2Fpr%2F1")
        #expect(Address.quoted("a b/ä", keepingSlashes: true) == "a%20b/%C3%A4")
    }

    @Test("git's hash of a small file and SHA-256 of a large one")
    func digests() throws {
        func digest(_ name: String, _ text: String) throws -> String {
            var digest = try #require(ContentDigest(named: name, size: text.utf8.count))
            Array(text.utf8).withUnsafeBytes { digest.update($0) }
            return digest.hexadecimal()
        }
        let (small, large) = (String(repeating: "a", count: 40), String(repeating: "a", count: 64))
        // git hash-object; sha256sum
        #expect(try digest(small, "") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
        #expect(try digest(small, "hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a")
        #expect(try digest(small, String(repeating: "x", count: 1000)).count == 40)
        #expect(
            try digest(large, "") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        for bad in ["", "a", small.uppercased(), large + "a", "../" + String(repeating: "a", count: 37)] {
            #expect(ContentDigest(named: bad, size: 1) == nil)
        }
    }

    @Test("SHA-1 of every length around a block is what FIPS 180-4's steps give")
    func sha1() {
        func sha1(_ text: String) -> String {
            var sha1 = SHA1()
            sha1.update(text.utf8)
            return sha1.hexadecimal()
        }
        #expect(sha1("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(
            sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
        #expect(
            sha1(String(repeating: "a", count: 1_000_000)) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
    }
}

@Suite("Which files of a model are needed")
struct ModelFilesTests {
    private func files(_ listed: Set<String>, single: String? = nil) throws -> ModelFiles {
        try ModelFiles(among: listed, single: single, id: "a/b", revision: "main", endpoint: "https://h")
    }

    @Test("configuration, preprocessor, tokenizer and safetensors, and nothing else")
    func selection() throws {
        let found = try files([
            "config.json", "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
            "vocab.json", "README.md", "onnx/model.onnx", "../config.json", "tokenizer.json",
        ])
        #expect(found.names == ["config.json", "tokenizer.json", "vocab.json", "model.safetensors"])
        #expect(!found.isSharded)
    }

    @Test("the index where there is no single file, and the one file of a model that is no folder")
    func others() throws {
        let sharded = try files(["config.json", "model.safetensors.index.json"])
        #expect(sharded.isSharded && sharded.names.last == "model.safetensors.index.json")
        #expect(try files(["x.pt", "config.json"], single: "x.pt").names == ["x.pt"])
        #expect(throws: HubError.noFile(id: "a/b", file: "x.pt")) { try files([], single: "x.pt") }
        #expect(throws: HubError.noFile(id: "a/b", file: "config.json")) { try files(["model.safetensors"]) }
        #expect(throws: HubError.noWeights(id: "a/b", revision: "main", endpoint: "https://h")) {
            try files(["config.json", "pytorch_model.bin"])
        }
    }

    @Test(
        "a revision is a safe path",
        arguments: ["main", "v1.0", "refs/pr/12", "a_b-c", String(repeating: "a", count: 40)])
    func revisions(text: String) throws { #expect(try Revision(text).text == text) }

    @Test(
        "another text is no revision",
        arguments: [
            "", ".", "..", "a/../b", "/a", "a/", "a//b", "-x", "a b", "a\u{0}", "a.lock", "x#y", "ä", "a/.b",
        ])
    func badRevisions(text: String) { #expect(throws: HubError.revision(text: text)) { try Revision(text) } }

    @Test("every known model has a name and an id of its own, and a licence")
    func known() {
        #expect(Set(KnownModel.all.map(\.name)).count == KnownModel.all.count)
        #expect(Set(KnownModel.all.compactMap(\.id)).count == KnownModel.all.count { $0.id != nil })
        for model in KnownModel.all {
            #expect(model.id.map { HubID($0) != nil } ?? true, "\(model.name)")
            #expect(HubID(model.name) != nil && !model.name.contains("/"))
            #expect(model.size > 1_000_000 && !model.license.isEmpty && !model.purpose.isEmpty)
            #expect(KnownModel.named(model.name) == model)
            if let revision = model.revision { #expect((try? Revision(revision)) != nil) }
        }
        #expect(KnownModel.named("facebook/sam-vit-base") == nil)
    }
}
