import Foundation
import SpanielHub
import SpanielTestSupport
import Testing

@Suite("What the surroundings say of the hub")
struct HubSettingsTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    private func settings(_ variables: [String: String]) throws -> HubSettings {
        try HubSettings(
            Environment(
                variables: ["HOME": scratch["home"].path].merging(variables) { $1 }, executable: nil,
                currentFolder: scratch.url))
    }

    @Test("the endpoint is huggingface.co, or what HF_ENDPOINT names, without slashes at its end")
    func endpoint() throws {
        #expect(try settings([:]).endpoint.text == "https://huggingface.co")
        #expect(try settings(["HF_ENDPOINT": "http://h:80/x//"]).endpoint.text == "http://h:80/x")
        for bad in ["h", "ftp://h", "https://", "https://u@h", "https://h?x", "https://h\r\nX: y"] {
            #expect(throws: HubError.self, "\(bad)") { try settings(["HF_ENDPOINT": bad]) }
        }
    }

    @Test(
        "the token comes from HF_TOKEN, HUGGING_FACE_HUB_TOKEN, HF_TOKEN_PATH, HF_HOME/token, in this order")
    func token() throws {
        #expect(try settings([:]).token == nil)
        try scratch.write("home/.cache/huggingface/token", " one\n")
        #expect(try settings([:]).token == "one")
        try scratch.write("hf/token", "two")
        var variables = ["HF_HOME": scratch["hf"].path]
        #expect(try settings(variables).token == "two")
        try scratch.write("secret", "three\r\n")
        variables["HF_TOKEN_PATH"] = scratch["secret"].path
        #expect(try settings(variables).token == "three")
        variables["HUGGING_FACE_HUB_TOKEN"] = "four"
        #expect(try settings(variables).token == "four")
        variables["HF_TOKEN"] = "five"
        #expect(try settings(variables).token == "five")
        variables["HF_TOKEN"] = ""
        #expect(try settings(variables).token == "four")
        variables["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1"
        #expect(try settings(variables).token == nil)
    }

    @Test("a token with other characters is refused, and not shown")
    func badToken() throws {
        for token in ["a b", "a\u{7}b", "ä"] {
            let error = #expect(throws: HubError.self) { try settings(["HF_TOKEN": token]) }
            #expect(error?.description.contains(token) == false)
        }
    }

    @Test("the network is forbidden by 1, on, yes and true, and the variable that is set decides")
    func offline() throws {
        #expect(try settings([:]).offline == nil)
        for yes in ["1", "ON", "yes", "True"] {
            #expect(try settings(["HF_HUB_OFFLINE": yes]).offline == "HF_HUB_OFFLINE")
        }
        #expect(try settings(["TRANSFORMERS_OFFLINE": "1"]).offline == "TRANSFORMERS_OFFLINE")
        #expect(try settings(["HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": "1"]).offline == nil)
        #expect(try settings(["HF_HUB_OFFLINE": "2"]).offline == nil)
    }

    @Test("timeouts are ten seconds or what the variables say")
    func timeouts() throws {
        #expect(try settings([:]).lookUpSeconds == 10)
        let both = try settings(["HF_HUB_ETAG_TIMEOUT": "3", "HF_HUB_DOWNLOAD_TIMEOUT": " 40 "])
        #expect(both.lookUpSeconds == 3 && both.downloadSeconds == 40)
        for bad in ["x", "-1", "1.5", "99999999999999999999"] {
            #expect(throws: HubError.self) { try settings(["HF_HUB_ETAG_TIMEOUT": bad]) }
        }
    }

    @Test("from an encrypted hub nothing is followed into the open, from a plain one it may")
    func downgrade() throws {
        var reply = Reply()
        reply.read("HTTP/1.1 302 Found")
        reply.read("Location: http://cdn/x?secret")
        let address = try #require(Address("https://h/x"))
        let error = #expect(throws: HubError.self) {
            try settings(["HF_ENDPOINT": "https://h"]).redirect(from: address, reply)
        }
        #expect(error?.description.contains("https") == true)
        #expect(error?.description.contains("secret") == false)
        #expect(
            try settings(["HF_ENDPOINT": "http://h"]).redirect(from: address, reply).address.text
                == "http://cdn/x?secret")
    }

    @Test("a message of the hub's errors never holds an address's signature")
    func signatures() throws {
        let address = try #require(Address("https://cdn/x?X-Signature=secret#f"))
        #expect(address.shown == "https://cdn/x")
    }
}
