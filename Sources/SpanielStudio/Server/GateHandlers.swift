import NIOCore
import NIOHTTP1
import SpanielJSON

/// Sees the first byte of each request, before anything parses it.
final class ArrivalHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let deadline: Deadline

    init(_ deadline: Deadline) { self.deadline = deadline }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { deadline.began(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        deadline.began(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        deadline.received(context)
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline.ended()
        context.fireChannelInactive()
    }
}

/// Turns away what the policy refuses, as soon as the headers are there and before a body is read, and holds the
/// rest to its deadlines.
final class GateHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let deadline: Deadline
    private let policy: RequestPolicy
    /// Whether nothing more of this connection is read.
    private var isClosing = false
    private var bodyBytes = 0
    private var limit = 0

    init(_ deadline: Deadline, _ policy: RequestPolicy) { (self.deadline, self.policy) = (deadline, policy) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            deadline.headRead(context)
            if let refusal = policy.refusal(of: head) { return refuse(refusal, context) }
            bodyBytes = 0
            limit = RequestPolicy.bodyLimit(head.uri.prefix { $0 != "?" })
        case .body(let part):
            bodyBytes += part.readableBytes
            if bodyBytes > limit {
                return refuse(
                    .init(status: 413, code: "request.body", message: "Expected at most \(limit) bytes"),
                    context)
            }
        case .end: deadline.bodyRead()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isClosing else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        if case .end = unwrapOutboundIn(data) { deadline.answered(context) }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError {
            return refuse(
                .init(status: 400, code: "request.syntax", message: "The request is no HTTP/1.1"), context)
        }
        context.close(promise: nil)
    }

    private func refuse(_ refusal: RequestPolicy.Refusal, _ context: ChannelHandlerContext) {
        guard !isClosing else { return }
        isClosing = true
        let body: JSON = ["error": ["code": JSON(refusal.code), "message": JSON(refusal.message)]]
        let bytes = body.bytes()
        var headers = HTTPHeaders()
        for (name, value) in SafetyHeaders.all { headers.add(name: name, value: value) }
        headers.add(name: "Content-Type", value: "application/json")
        headers.add(name: "Content-Length", value: "\(bytes.count)")
        headers.add(name: "Connection", value: "close")
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: refusal.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
        // No more is read; what the client still sends would make closing at once drop the answer.
        let channel = context.channel
        _ = try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            channel.close(mode: .output, promise: nil)
            channel.eventLoop.scheduleTask(in: .milliseconds(250)) { channel.close(promise: nil) }
        }
    }
}

/// What every answer tells the browser.
enum SafetyHeaders {
    static let all: [(name: String, value: String)] = [
        (
            "Content-Security-Policy",
            "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
                + "form-action 'none'; frame-ancestors 'none'"
        ),
        ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"), ("Cache-Control", "no-store"),
    ]
}
