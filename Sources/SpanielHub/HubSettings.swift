import SpanielFiles
import SpanielPlatform

/// What the surroundings say of the hub, in the variables of Python's huggingface_hub 2.4.
package struct HubSettings: Sendable {
    /// HF_ENDPOINT.
    package let endpoint: Address
    /// HF_TOKEN, HUGGING_FACE_HUB_TOKEN, or the file HF_TOKEN_PATH (usually HF_HOME/token); none where
    /// HF_HUB_DISABLE_IMPLICIT_TOKEN is set. No message holds it.
    package let token: String?
    /// The variable that forbids the network: HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE.
    package let offline: String?
    /// HF_HUB_ETAG_TIMEOUT and HF_HUB_DOWNLOAD_TIMEOUT, in seconds.
    package let lookUpSeconds: Int
    package let downloadSeconds: Int
    /// HF_HUB_DISABLE_SYMLINKS: files lie in the snapshot itself.
    package let avoidsLinks: Bool
    /// SSL_CERT_FILE or CURL_CA_BUNDLE.
    package let certificates: String?
    /// The pause before the second attempt; SPANIEL_FETCH_PAUSE changes it (tests do).
    package let pause: Double

    /// - Throws: `HubError.setting` for a variable that makes no sense.
    package init(_ environment: Environment) throws(HubError) {
        let text = environment["HF_ENDPOINT"] ?? "https://huggingface.co"
        var base = text[...]
        while base.hasSuffix("/") { base = base.dropLast() }
        guard let endpoint = Address(String(base)), endpoint.shown == endpoint.text else {
            throw .setting(
                variable: "HF_ENDPOINT", found: "'\(text)'", expected: "an address that begins with https://")
        }
        self.endpoint = endpoint
        token = try Self.token(environment)
        // As Python has it, the first that is set decides, also when it says no.
        let variable = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].first { environment[$0] != nil }
        offline = variable.flatMap { Self.isTrue(environment[$0]) ? $0 : nil }
        lookUpSeconds = try Self.seconds("HF_HUB_ETAG_TIMEOUT", environment)
        downloadSeconds = try Self.seconds("HF_HUB_DOWNLOAD_TIMEOUT", environment)
        avoidsLinks = Self.isTrue(environment["HF_HUB_DISABLE_SYMLINKS"])
        certificates = environment["SSL_CERT_FILE"] ?? environment["CURL_CA_BUNDLE"]
        pause = environment["SPANIEL_FETCH_PAUSE"].flatMap { Double($0) }.map { min(max($0, 0), 60) } ?? 1
    }

    private static func isTrue(_ value: String?) -> Bool {
        ["1", "ON", "YES", "TRUE"].contains(value?.uppercased() ?? "")
    }

    private static func seconds(_ variable: String, _ environment: Environment) throws(HubError) -> Int {
        guard let text = environment[variable] else { return 10 }
        guard let seconds = Int(text.trimmed), (0...86_400).contains(seconds) else {
            throw .setting(variable: variable, found: "'\(text)'", expected: "a number of seconds")
        }
        return seconds == 0 ? 10 : seconds
    }

    private static func token(_ environment: Environment) throws(HubError) -> String? {
        if isTrue(environment["HF_HUB_DISABLE_IMPLICIT_TOKEN"]) { return nil }
        var found = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"].lazy.compactMap { name in
            environment[name].map { (name, $0) }
        }.first
        if found == nil {
            let path =
                environment["HF_TOKEN_PATH"].map { environment.file(expanding: $0) }
                ?? PythonCache.home(environment).appending(path: "token")
            found = (try? ReadableFile.bytes(of: path, limit: 10_000)).map {
                (path.path(percentEncoded: false), String(decoding: $0, as: UTF8.self))
            }
        }
        guard let (source, text) = found, !text.trimmed.isEmpty else { return nil }
        let token = text.filter { $0 != "\n" && $0 != "\r" && $0 != "\r\n" }.trimmed
        guard token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .setting(
                variable: source, found: "characters that no token has", expected: "a token of the hub")
        }
        return token
    }
}
