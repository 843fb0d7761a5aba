import HTTPTypes
import HummingbirdCore
import NIOCore
import SpanielImaging
import SpanielJSON
import SpanielPlatform

/// From a request that the gate let through to what the studio does.
struct Routes: Sendable {
    let studio: Studio
    let policy: @Sendable () -> RequestPolicy

    /// A request taken apart.
    private struct Call: Sendable {
        let method: HTTPRequest.Method
        /// The path's parts, below /api.
        let parts: [String]
        let query: Query
        let body: JSON
        /// The number of If-Match.
        let version: Int64?
        let isKept: Bool
    }

    func answer(_ request: Request) async -> Answer {
        let target = request.head.path ?? "/"
        let path = String(target.prefix { $0 != "?" })
        let query = Query(target.drop { $0 != "?" }.dropFirst())
        do {
            let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(
                String.init)
            let isConnected = parts.first.map(ConnectedRoutes.prefixes.contains) ?? false
            if parts.first != "api", !isConnected { return try page(path, request.method) }
            let limit = RequestPolicy.bodyLimit(path)
            var body: JSON = [:]
            if request.method != .get, request.method != .head {
                body = try await Self.body(of: request, limit: limit)
            }
            if isConnected {
                return try await ConnectedRoutes(studio: studio).answer(request.method, parts, body)
            }
            let call = Call(
                method: request.method == .head ? .get : request.method,
                parts: Array(parts.dropFirst()),
                query: query, body: body, version: Self.version(request.headers[.ifMatch]),
                isKept: query["v"] != nil)
            var answer = try await self.answer(call)
            if request.method == .head { answer.body = ResponseBody() }
            return answer
        } catch let error as StudioError {
            var current: JSON = nil
            if case .changed = error { current = await studio.current(path) }
            return .problem(error, revision: await studio.revision, current: current)
        } catch {
            return .json(
                ["error": ["code": "internal", "message": JSON("This is our fault: \(error)")]],
                status: .internalServerError)
        }
    }

    private static func body(of request: Request, limit: Int) async throws -> JSON {
        let buffer: ByteBuffer
        do { buffer = try await request.body.collect(upTo: limit) } catch is NIOTooManyBytesError {
            throw StudioError.value(name: "body", expected: "at most \(limit) bytes", found: "more")
        }
        guard buffer.readableBytes > 0 else { return [:] }
        do {
            let json = try JSON(parsing: buffer.readableBytesView, depthLimit: 32)
            guard json.object != nil else {
                throw StudioError.value(name: "body", expected: "a JSON object", found: json.kind)
            }
            return json
        } catch let error as JSONError {
            throw StudioError.value(name: "body", expected: "a JSON object", found: "\(error)")
        }
    }

    /// `"7"` → 7; nil for anything else.
    private static func version(_ text: String?) -> Int64? {
        guard let text, text.count >= 3, text.hasPrefix("\""), text.hasSuffix("\"") else { return nil }
        return Int64(text.dropFirst().dropLast())
    }

    private func page(_ path: String, _ method: HTTPRequest.Method) throws(StudioError) -> Answer {
        guard method == .get || method == .head else { throw .unknown("page") }
        let name = path == "/" ? "index.html" : String(path.dropFirst())
        guard name != "openapi.yaml", let bytes = PageFiles.all[name] else { throw .unknown("page") }
        var answer = Answer.bytes(bytes, type: PageFiles.type(of: name))
        if method == .head { answer.body = ResponseBody() }
        return answer
    }

    private func answer(_ call: Call) async throws -> Answer {
        let parts = call.parts
        func part(_ place: Int) -> String { parts.indices.contains(place) ? parts[place] : "" }
        switch (call.method, part(0), parts.count) {
        case (.post, "session", 1): return try session(call)
        case (.get, "openapi.yaml", 1):
            return .bytes(PageFiles.all["openapi.yaml"] ?? [], type: "application/yaml")
        case (.get, "project", 1): return .json(try await studio.projectAnswer())
        case (.get, "events", 1): return try await events()
        case (.get, "pictures", 1): return try await gallery(call)
        case (_, "pictures", 2...): return try await picture(call, part(1), part(2))
        case (.put, "annotations", 2):
            return .json(
                try await studio.replaceAnnotation(part(1), version: call.version, call.body))
        case (.delete, "annotations", 2):
            return .json(try await studio.deleteAnnotation(part(1), version: call.version))
        case (.post, "classes", 1): return .json(try await studio.addClass(call.body), status: .created)
        case (_, "classes", 2...): return try await ofClass(call, part(1), part(2))
        case (.patch, "prompts", 2):
            return .json(try await studio.changePrompt(part(1), version: call.version, call.body))
        case (.delete, "prompts", 2):
            return .json(try await studio.deletePrompt(part(1), version: call.version))
        case (.get, "suggestions", 1): return try await suggestions(call)
        case (.post, "decisions", 1): return .json(try await studio.decide(call.body))
        case (.post, "undo", 1): return .json(try await studio.move(undo: true, version: call.version))
        case (.post, "redo", 1): return .json(try await studio.move(undo: false, version: call.version))
        case (.get, "history", 1):
            return .json(try await studio.historyAnswer(limit: call.query.int("limit", 1...500, default: 50)))
        case (.post, "learn", 1): return .json(try await studio.learnAsIGo())
        case (.post, "find", 1): return .json(try await studio.find(call.body), status: .accepted)
        case (.delete, "jobs", 2): return .json(try await studio.cancelJob(part(1)))
        case (.post, "priority", 1):
            await studio.setPriority((call.body["pictures"]?.array ?? []).prefix(500).compactMap(\.string))
            return Answer(status: .noContent)
        case (.post, "encoding", 1):
            guard let paused = call.body["paused"]?.bool else {
                throw StudioError.value(name: "paused", expected: "true or false", found: "something else")
            }
            return .json(await studio.setPaused(paused))
        case (.post, "folder", 1): return .json(try await studio.lookAgain())
        case (.post, "import", 1): return .json(try await studio.importAnnotations(call.body))
        case (.post, "export", 1): return .json(try await studio.export(call.body))
        case (.get, "exports", 2): return try await download(part(1))
        case (.post, "evaluate", 1): return .json(try await studio.evaluate(call.body))
        default: throw StudioError.unknown("address")
        }
    }

    private func session(_ call: Call) throws -> Answer {
        let policy = policy()
        guard RequestPolicy.isSame(call.body["token"]?.string ?? "", policy.token) else {
            return .json(
                [
                    "error": [
                        "code": "request.token",
                        "message":
                            "The address is of another run; use the one that was printed last",
                    ]
                ], status: .forbidden)
        }
        var answer = Answer(status: .noContent)
        answer.fields[.setCookie] =
            "\(policy.cookieName)=\(policy.secret); HttpOnly; SameSite=Strict; Path=/"
        return answer
    }

    private func gallery(_ call: Call) async throws -> Answer {
        var options = Studio.GalleryOptions()
        options.order = try call.query.choice("order", ["name", "score", "doubt"])
        options.show = try call.query.choice(
            "show", ["all", "open", "reviewed", "unlabelled", "labelled", "suggested", "failed"])
        options.classID = call.query["class"]
        options.offset = try call.query.int("offset", 0...10_000_000, default: 0)
        options.limit = try call.query.int("limit", 1...10_000, default: 10_000)
        return .json(try await studio.pictures(options))
    }

    private func picture(_ call: Call, _ id: String, _ what: String) async throws -> Answer {
        switch (call.method, what, call.parts.count) {
        case (.get, "", 2):
            let (json, version) = try await studio.pictureAnswer(id)
            return .json(json, version: version)
        case (.patch, "", 2): return .json(try await studio.review(id, version: call.version, call.body))
        case (.get, "thumbnail", 3):
            let side = try call.query.int("side", 64...1024, default: 256)
            return .bytes(
                try await studio.thumbnail(id, side: side), type: "image/jpeg", isKept: call.isKept)
        case (.get, "image", 3):
            let (bytes, type) = try await studio.image(id)
            return .bytes(bytes, type: type, isKept: call.isKept)
        case (.get, "crop", 3):
            let numbers = (call.query["box"] ?? "").split(separator: ",", omittingEmptySubsequences: false)
                .map {
                    JSON.number(String($0))
                }
            guard let box = Box(json: JSON(numbers)) else {
                throw StudioError.value(
                    name: "box", expected: "x1,y1,x2,y2", found: String((call.query["box"] ?? "").prefix(60)))
            }
            let side = try call.query.int("side", 32...512, default: 192)
            return .bytes(try await studio.crop(id, box, side: side), type: "image/jpeg", isKept: call.isKept)
        case (.post, "prepare", 3): return .json(try await studio.prepare(id))
        case (.post, "guess", 3): return .json(try await studio.guess(id, call.body))
        case (.post, "mask", 3): return .json(try await studio.segment(id, call.body))
        case (.post, "annotations", 3):
            return .json(try await studio.addAnnotation(id, call.body), status: .created)
        case (.post, "decisions", 3): return .json(try await studio.acceptAll(in: id, call.body))
        default: throw StudioError.unknown("address")
        }
    }

    private func ofClass(_ call: Call, _ id: String, _ what: String) async throws -> Answer {
        switch (call.method, what, call.parts.count) {
        case (.patch, "", 2): return .json(try await studio.changeClass(id, version: call.version, call.body))
        case (.delete, "", 2):
            return .json(try await studio.deleteClass(id, version: call.version, into: call.query["into"]))
        case (.post, "prompts", 3): return .json(try await studio.addPrompt(id, call.body), status: .created)
        case (.get, "ranking", 3):
            return .json(
                try await studio.ranking(
                    id, threshold: call.query.double("threshold"), words: call.query["words"]))
        case (.post, "fit", 3):
            return .json(try await studio.fit(id, joinsLast: call.body["automatic"]?.bool ?? false))
        case (.post, "learn", 3):
            return .json(try await studio.learn(id, joinsLast: call.body["automatic"]?.bool ?? false))
        default: throw StudioError.unknown("address")
        }
    }

    private func suggestions(_ call: Call) async throws -> Answer {
        var options = Studio.QueueOptions()
        options.classID = call.query["class"]
        options.picture = call.query["picture"]
        options.order = try call.query.choice("order", ["doubt", "score", "picture"])
        options.threshold = try call.query.double("threshold")
        options.below = call.query["below"] == "true"
        options.offset = try call.query.int("offset", 0...10_000_000, default: 0)
        options.limit = try call.query.int("limit", 1...2000, default: 200)
        return .json(try await studio.suggestions(options))
    }

    private func download(_ id: String) async throws -> Answer {
        let (name, bytes) = try await studio.download(id)
        var answer = Answer.bytes(bytes, type: "application/octet-stream")
        answer.fields[.contentDisposition] = "attachment; filename=\"\(name)\""
        return answer
    }

    private func events() async throws -> Answer {
        guard let (id, stream) = studio.events.listen() else { throw StudioError.busy }
        let revision = await studio.revision
        var answer = Answer()
        answer.fields[.contentType] = "text/event-stream"
        let hub = studio.events
        answer.body = ResponseBody { writer in
            defer { hub.leave(id) }
            func text(_ name: String, _ data: JSON) -> ByteBuffer {
                ByteBuffer(string: "event: \(name)\ndata: \(data.text())\n\n")
            }
            try await writer.write(text("hello", ["revision": JSON(revision)]))
            // A comment now and then shows that the page is still there.
            let pulse = Task {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(15))
                    hub.pulse(id)
                }
            }
            defer { pulse.cancel() }
            for await event in stream {
                try await writer.write(
                    event.name.isEmpty ? ByteBuffer(string: ": here\n\n") : text(event.name, event.data))
            }
            try await writer.finish(nil)
        }
        return answer
    }
}
