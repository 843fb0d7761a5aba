import Foundation
import OWLViT
import SAM
import SpanielImaging
import SpanielJSON
import SpanielPlatform
import SpanielStarters
import SpanielStudio
import SpanielTestSupport

/// A labelling page that runs for the time of a test.
final class Page {
    let scratch: ScratchFolder
    let studio: Studio
    let server: StudioServer
    let client: PageClient
    private let task: Task<Void, any Error>

    var folder: URL { scratch["photos"] }

    /// - Parameters:
    ///   - prepare: puts pictures into the folder.
    ///   - models: without any, pictures are only shown.
    ///   - key: that of other labelling tools.
    init(
        limits: ConnectionLimits = ConnectionLimits(), models: StudioModels = Page.noModels,
        key: String? = nil,
        prepare: (URL) throws -> Void = { try Page.draw($0, count: 3) }
    ) async throws {
        scratch = try ScratchFolder()
        let folder = scratch["photos"]
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try prepare(folder)
        studio = try Studio(folder: folder.path, models: models)
        try await studio.start()
        let server = StudioServer(studio, limits: limits, key: key)
        self.server = server
        let (ready, continuation) = AsyncStream.makeStream(of: String.self)
        task = Task {
            try await server.run(port: 0) { address in
                continuation.yield(address)
                continuation.finish()
            }
        }
        for await _ in ready {}
        client = PageClient(port: server.policy.port, token: server.policy.token)
    }

    func stop() async {
        task.cancel()
        _ = try? await task.value
        await studio.stop()
    }

    static let noModels = StudioModels(detector: nil, segmenter: nil)

    static func starterModels() throws -> StudioModels {
        let owl = try OWLViT(contentsOf: Starters.owlViTNano)
        let sam = try SAM(contentsOf: Starters.samNano)
        return StudioModels(
            detector: .init(owl, name: "owlvit-nano", key: "test") { try owl.encode($0) },
            segmenter: .init(sam, name: "sam-nano") { try sam.encode($0) })
    }

    /// Small pictures that differ: a grey ground with a coloured square.
    static func draw(_ folder: URL, count: Int) throws {
        for number in 0..<count {
            var random = Generator(seed: UInt64(number))
            let (width, height) = (96, 64)
            var pixels = [UInt8](repeating: 0, count: 3 * width * height)
            for i in pixels.indices { pixels[i] = UInt8(100 + Int.random(in: 0..<40, using: &random)) }
            let (x, y) = (Int.random(in: 0..<60, using: &random), Int.random(in: 0..<30, using: &random))
            for row in y..<y + 24 {
                for column in x..<x + 24 {
                    pixels[3 * (row * width + column)] = 230
                    pixels[3 * (row * width + column) + 2] = UInt8(number * 40 % 256)
                }
            }
            let picture = Picture(rgb: pixels, width: width, height: height)
            try picture.pngData().write(to: folder.appending(path: "photo-\(number).png"))
        }
    }

    /// Waits until every picture is read.
    func waitUntilEncoded() async throws {
        for _ in 0..<600 {
            let progress = try client.json("GET", "/api/project")["progress"]
            let (encoded, failed) = (progress?["encoded"]?.int ?? 0, progress?["failed"]?.int ?? 0)
            if encoded + failed >= progress?["total"]?.int ?? 1 { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw RawClient.Failed(description: "the pictures were not encoded in half a minute")
    }

    func firstPicture() throws -> String {
        try client.json("GET", "/api/pictures")["pictures"]?[0]?["id"]?.string ?? ""
    }
}
