import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import SpanielPlatform
import Synchronization

/// The labelling page on loopback.
package final class StudioServer: Sendable {
    package let studio: Studio
    private let policyBox: Mutex<RequestPolicy>
    private let limits: ConnectionLimits
    private let open: OpenConnections

    package init(_ studio: Studio, limits: ConnectionLimits = ConnectionLimits()) {
        self.studio = studio
        self.limits = limits
        open = OpenConnections(limit: limits.connections)
        policyBox = Mutex(
            RequestPolicy(port: 0, token: RequestPolicy.randomToken(), secret: RequestPolicy.randomToken()))
    }

    /// Once it listens.
    package var policy: RequestPolicy { policyBox.withLock { $0 } }
    /// What the user opens.
    package var address: String { "http://127.0.0.1:\(policy.port)/#\(policy.token)" }

    /// Serves until the task is cancelled.
    ///
    /// - Parameters:
    ///   - port: 0 takes a free one.
    ///   - ready: called once with the address.
    /// - Throws: `StudioError.value` when the port is taken.
    package func run(port: Int, ready: @escaping @Sendable (String) async -> Void) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let channel = StudioChannel(
            responder: responder, policy: { self.policy }, limits: limits, open: open)
        var quiet = Logger(label: "spaniel.studio")
        quiet.logLevel = .critical
        let logger = quiet
        let events = studio.events
        do {
            try await withTaskCancellationHandler {
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    let first = Server(
                        childChannelSetup: channel,
                        configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: port)),
                        onServerRunning: { listening in
                            let port = listening.localAddress?.port ?? 0
                            self.policyBox.withLock {
                                $0 = RequestPolicy(port: port, token: $0.token, secret: $0.secret)
                            }
                            await ready(self.address)
                        }, eventLoopGroup: group, logger: logger)
                    tasks.addTask {
                        do { try await first.run() } catch let error as IOError
                            where error.errnoCode == EADDRINUSE
                        {
                            throw StudioError.value(
                                name: "port", expected: "a port that is free",
                                found: "\(port), which is taken")
                        }
                    }
                    defer { tasks.cancelAll() }
                    try await tasks.next()
                }
            } onCancel: {
                events.close()
            }
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        try? await group.shutdownGracefully()
    }

    private var responder: HTTPChannelHandler.Responder {
        let routes = Routes(studio: studio, policy: { self.policy })
        return { request, writer, _ in
            let response = await routes.answer(request).response
            let body = try await writer.writeHead(response.head)
            try await response.body.write(body)
        }
    }
}
