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

    /// - Parameter key: what the addresses for other labelling tools carry; nil: there are none.
    package init(_ studio: Studio, limits: ConnectionLimits = ConnectionLimits(), key: String? = nil) {
        self.studio = studio
        self.limits = limits
        open = OpenConnections(limit: limits.connections)
        policyBox = Mutex(
            RequestPolicy(
                port: 0, token: RequestPolicy.randomToken(), secret: RequestPolicy.randomToken(), key: key))
    }

    /// Once it listens.
    package var policy: RequestPolicy { policyBox.withLock { $0 } }
    /// What the user opens.
    package var address: String { "http://127.0.0.1:\(policy.port)/#\(policy.token)" }
    /// What another labelling tool is told; nil where there is no key.
    package func address(for tool: String) -> String? {
        policy.key.map { "http://127.0.0.1:\(policy.port)/\(tool)/\($0)" }
    }

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
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        do {
            try await withTaskCancellationHandler {
                try await withThrowingTaskGroup(of: Bool.self) { tasks in
                    let first = Server(
                        childChannelSetup: channel,
                        configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: port)),
                        onServerRunning: { channel in
                            let port = channel.localAddress?.port ?? 0
                            self.policyBox.withLock {
                                $0 = RequestPolicy(
                                    port: port, token: $0.token, secret: $0.secret, key: $0.key)
                            }
                            listening.yield(port)
                            listening.finish()
                            await ready(self.address)
                        }, eventLoopGroup: group, logger: logger)
                    tasks.addTask {
                        do {
                            try await first.run()
                            return true
                        } catch let error as IOError
                            where error.errnoCode == EADDRINUSE
                        {
                            throw StudioError.value(
                                name: "port", expected: "a port that is free",
                                found: "\(port), which is taken")
                        }
                    }
                    // Where there is IPv6 a browser may take "localhost" for it; where there is none, no matter.
                    tasks.addTask {
                        for await port in ports {
                            try? await Server(
                                childChannelSetup: channel,
                                configuration: ServerConfiguration(address: .hostname("::1", port: port)),
                                eventLoopGroup: group, logger: logger
                            ).run()
                        }
                        return false
                    }
                    defer { tasks.cancelAll() }
                    while let isFirst = try await tasks.next(), !isFirst {}
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
