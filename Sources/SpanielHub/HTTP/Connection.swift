import CSpanielCurl
import SpanielPlatform

/// How a request ended.
enum Transfer: Equatable {
    /// A whole reply, whatever its status.
    case whole
    /// The connection failed, broke or stalled; why.
    case broke(String)
    /// The caller's own code stopped it.
    case stopped
}

/// HTTP by the system's libcurl, found at run time; one request at a time, and the connection is kept.
///
/// Chosen after trying: FoundationNetworking is a wrapper of that same libcurl which brings the whole of
/// Foundation along: 51 shared libraries instead of 16 and twice the start in a program of one line, ICU's
/// tens of megabytes in a static one, which does not even link without libcurl's own archive (`undefined
/// reference to curl_free`). async-http-client is fifteen packages and minutes of building. So the tool's start
/// and size do not change, TLS gets the system's updates, proxies and certificates are where every program
/// finds them, and who fetches nothing needs no libcurl.
final class Connection {
    private let handle: UnsafeMutableRawPointer
    private static let isHere = spaniel_curl_load()

    /// - Throws: `HubError.noLibrary` where there is no libcurl.
    init() throws(HubError) {
        guard Self.isHere, let handle = spaniel_curl_open() else { throw .noLibrary }
        self.handle = handle
    }

    deinit { spaniel_curl_close(handle) }

    /// What is asked for, and how long it may take.
    struct Request {
        var address: Address
        var isHead = false
        /// Name and value; neither may hold a line end.
        var fields: [(String, String)] = []
        /// A file of certificates instead of the system's.
        var certificates: String?
        /// The longest time to connect, and without a byte.
        var patience: Int
        /// The longest time in all; nil: as long as bytes come.
        var limit: Int?
    }

    /// Sends a request and follows no redirect. Cancelling the task ends it within a second.
    ///
    /// - Parameters:
    ///   - head: filled as lines of the reply's head come.
    ///   - body: called with each piece of the reply's body; false stops.
    /// - Throws: `HubError` when another attempt would not help, `CancellationError`.
    func send(_ request: Request, head: inout Reply, body: (Reply, UnsafeRawBufferPointer) -> Bool) throws
        -> Transfer
    {
        try Task.checkCancellation()
        head = Reply()
        var message = [CChar](repeating: 0, count: Int(SPANIEL_CURL_MESSAGE))
        var status = SPANIEL_CURL_FAILED
        let fields = request.fields.map { "\($0): \($1)" }
        withoutActuallyEscaping(body) { body in
            let sink = Sink(body)
            withCStrings(fields) { fields in
                request.address.text.withCString { url in
                    withOptionalCString(request.certificates) { certificates in
                        "spaniel/0.1".withCString { agent in
                            var call = spaniel_curl_request()
                            call.url = url
                            call.head = request.isHead
                            call.header_count = fields.count
                            call.user_agent = agent
                            call.certificates = certificates
                            call.connect_milliseconds = request.patience * 1000
                            call.stall_seconds = request.patience
                            call.total_milliseconds = (request.limit ?? 0) * 1000
                            call.context = Unmanaged.passUnretained(sink).toOpaque()
                            call.line = { Sink.from($0).line($1, $2) }
                            call.body = { Sink.from($0).piece($1, $2) }
                            call.goes_on = { _ in !Task.isCancelled }
                            fields.withUnsafeBufferPointer {
                                call.headers = $0.baseAddress
                                status = spaniel_curl_perform(handle, &call, &message)
                            }
                        }
                    }
                }
            }
            head = sink.head
        }
        try Task.checkCancellation()
        let reason = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        switch status {
        case SPANIEL_CURL_OK: return .whole
        case SPANIEL_CURL_BROKE: return .broke(reason)
        case SPANIEL_CURL_STOPPED: return .stopped
        case SPANIEL_CURL_UNTRUSTED:
            throw HubError.untrusted(address: request.address.shown, reason: reason)
        default: throw HubError.unreachable(address: request.address.shown, reason: reason)
        }
    }
}

/// What libcurl's callbacks reach through their one pointer.
private final class Sink {
    var head = Reply()
    private let body: (Reply, UnsafeRawBufferPointer) -> Bool

    init(_ body: @escaping (Reply, UnsafeRawBufferPointer) -> Bool) { self.body = body }

    static func from(_ context: UnsafeMutableRawPointer?) -> Sink {
        Unmanaged<Sink>.fromOpaque(context!).takeUnretainedValue()
    }

    func line(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> Bool {
        head.read(String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self))
        return true
    }

    func piece(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Bool {
        body(head, UnsafeRawBufferPointer(start: bytes, count: count))
    }
}

/// Lends texts as C's strings.
private func withCStrings(_ texts: [String], _ body: ([UnsafePointer<CChar>?]) -> Void) {
    let copies = texts.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    body(copies.map { UnsafePointer($0) })
}

private func withOptionalCString(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Void) {
    if let text { text.withCString(body) } else { body(nil) }
}
