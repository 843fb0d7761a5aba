import PerSAM
import SAM
import Spaniel
import SpanielAnnotations
import SpanielImaging
package import SpanielJSON
import SpanielPlatform

/// A picture that SAM has encoded.
struct SegmentedScene: Sendable {
    let encoding: SAM.Encoding
}

extension Studio {
    /// The pictures whose masks come at once: some 17 MB each with a large model.
    private static var keptScenes: Int { 6 }
    static var noSegmenter: String { "There is no model for masks" }

    /// SAM's encoding of a picture, from memory, from where it is kept, or computed.
    private func scene(_ record: PictureRecord) async throws -> SegmentedScene {
        if let place = segmented.firstIndex(where: { $0.picture == record.id }) {
            let known = segmented.remove(at: place)
            segmented.append(known)
            return known.scene
        }
        guard let segmenter = models.segmenter else { throw StudioError.noModel(Self.noSegmenter) }
        let files = files
        let scene = try await masks.run {
            SegmentedScene(encoding: try segmenter.encode(files.picture(record)))
        }
        segmented.removeAll { $0.picture == record.id }
        segmented.append((record.id, scene))
        if segmented.count > Self.keptScenes { segmented.removeFirst() }
        return scene
    }

    package func prepare(_ id: String) async throws -> JSON {
        let record = try picture(id)
        let start = ContinuousClock.now
        _ = try await scene(record)
        return ["milliseconds": JSON(((.now - start) / .milliseconds(1)).rounded(to: 1))]
    }

    /// Segments what a box or clicks mark.
    package func segment(_ id: String, _ body: JSON) async throws -> JSON {
        let record = try picture(id)
        let prompt = try Self.prompt(body)
        let start = ContinuousClock.now
        let isReady = segmented.contains { $0.picture == record.id }
        _ = try await scene(record)
        let encoded = ContinuousClock.now
        let answer = try await mask(for: prompt, of: record)
        let end = ContinuousClock.now
        return [
            "shape": answer.map { Self.shapeAnswer($0.shape) } ?? nil,
            "box": answer?.shape.box.json ?? nil,
            "score": JSON((answer?.score ?? 0)),
            "milliseconds": [
                "encode": JSON(isReady ? 0 : ((encoded - start) / .milliseconds(1)).rounded(to: 1)),
                "mask": JSON(((end - encoded) / .milliseconds(1)).rounded(to: 1)),
            ],
        ]
    }

    /// What a box or clicks mark; nil if SAM sees nothing.
    func mask(for prompt: SAM.Prompt, of record: PictureRecord) async throws -> (
        shape: StoredShape, score: Float
    )? {
        guard let segmenter = models.segmenter else { throw StudioError.noModel(Self.noSegmenter) }
        let scene = try await scene(record)
        // One click leaves open how much is meant, a box or more clicks do not.
        let isOpen = prompt.box == nil && prompt.points.count == 1
        return try await masks.run {
            let best: SAM.Prediction
            do {
                best = try segmenter.model.masks(for: prompt, in: scene.encoding, multimask: isOpen).best
            } catch let error as SAMError {
                throw StudioError.value(name: "prompt", expected: "a place in the picture", found: "\(error)")
            }
            return StoredShape(.mask(best.mask().rle)).map { ($0, best.score) }
        }
    }

    private static func prompt(_ body: JSON) throws(StudioError) -> SAM.Prompt {
        var prompt = SAM.Prompt()
        if let json = body["box"], !json.isNull {
            guard let box = Box(json: json) else {
                throw .value(name: "box", expected: "[x1, y1, x2, y2]", found: json.text())
            }
            prompt.box = box
        }
        let points = body["points"]?.array ?? []
        guard points.count <= 64 else { throw .value(name: "points", expected: "at most 64", found: "more") }
        for json in points {
            guard let x = json["x"]?.double, let y = json["y"]?.double, x.isFinite, y.isFinite else {
                throw .value(name: "points", expected: "x and y", found: "something else")
            }
            prompt.points.append(.init(Point(x: x, y: y), isObject: json["positive"]?.bool ?? true))
        }
        guard prompt.box != nil || prompt.points.contains(where: \.isObject) else {
            throw .value(name: "points", expected: "a box or a point on the object", found: "neither")
        }
        return prompt
    }

    /// The mask in a box; nil if SAM sees none.
    func mask(in box: Box, of picture: Int64) async throws -> StoredShape? {
        guard let record = state.pictures[picture] else { throw StudioError.unknown("picture") }
        guard let segmenter = models.segmenter else { throw StudioError.noModel(Self.noSegmenter) }
        let scene = try await scene(record)
        return try await masks.run {
            try segmenter.model.mask(inBox: box, in: scene.encoding).flatMap {
                StoredShape(.mask($0.mask.rle))
            }
        }
    }

    // MARK: - The search by one example

    /// Begins to search the folder by a class's examples.
    package func find(_ body: JSON) async throws -> JSON {
        guard let segmenter = models.segmenter else { throw StudioError.noModel(Self.noSegmenter) }
        let owner = try classRecord(body["class"]?.string ?? "")
        guard !jobs.contains(where: { $0.state == .running }) else { throw StudioError.busy }
        let wanted: Set<String>? = body["prompts"]?.array.map { Set($0.compactMap(\.string)) }
        let prompts = state.prompts(of: owner.id).filter {
            $0.kind == .example && $0.enabled && wanted?.contains(StudioID.prompt($0.id)) ?? true
        }
        guard prompts.contains(where: { !$0.negative }) else {
            throw StudioError.few(code: "find.example", "\(owner.name) has no example to search by; draw one")
        }
        var examples: [(record: PictureRecord, prompt: PromptRecord)] = []
        for prompt in prompts {
            if let record = prompt.picture.flatMap({ state.pictures[$0] }), !record.isMissing {
                examples.append((record, prompt))
            }
        }
        let files = files
        let (chosen, name) = (examples, owner.name)
        let concept: PerSAM.Concept
        do {
            concept = try await masks.run {
                func examples(_ negative: Bool) throws -> [Example] {
                    try chosen.filter { $0.prompt.negative == negative }.compactMap { record, prompt in
                        guard let shape = prompt.shape else { return nil }
                        return Example(try files.picture(record), region: shape.region, class: name)
                    }
                }
                return try PerSAM(segmenter.model).learn(examples(false), negatives: examples(true))
            }
        } catch let error as StudioError { throw error } catch {
            throw StudioError.few(code: "find.example", "The example cannot be learnt from: \(error)")
        }
        let job = FindJob(
            id: "j\(nextJob)", classID: owner.id, total: pictureCount,
            prompt: prompts.first { !$0.negative }?.id)
        nextJob += 1
        jobs.append(job)
        if jobs.count > 20 { jobs.removeFirst() }
        job.task = Task { await self.run(job, concept) }
        return job.json
    }

    private func run(_ job: FindJob, _ concept: PerSAM.Concept) async {
        guard let segmenter = models.segmenter else { return }
        let files = files
        let start = ContinuousClock.now
        for id in order {
            guard !Task.isCancelled, !isStopped, job.state == .running else { break }
            guard let record = state.pictures[id], !record.isMissing else { continue }
            defer { job.done += 1 }
            if record.problem == nil, !state.isReviewed(id) {
                do {
                    let found = try await encoding.run { () -> [(shape: StoredShape, score: Float)] in
                        let scene = try segmenter.encode(files.picture(record))
                        return try PerSAM(segmenter.model).find(concept, in: scene).compactMap { object in
                            StoredShape(.mask(object.mask.rle)).map { ($0, object.score) }
                        }
                    }
                    try keep(found, of: job, in: id)
                } catch {
                    if case StudioError.notSaved = error {
                        job.problem = "\(error)"
                        job.state = .failed
                        break
                    }
                }
            }
            job.secondsLeft =
                (.now - start) / .seconds(1) / Double(job.done + 1) * Double(job.total - job.done - 1)
            events.send("job", job.json)
        }
        if job.state == .running { job.state = Task.isCancelled ? .cancelled : .done }
        job.secondsLeft = nil
        events.send("job", job.json)
    }

    /// Keeps what a search found as open suggestions, but for what is known already.
    private func keep(_ found: [(shape: StoredShape, score: Float)], of job: FindJob, in picture: Int64)
        throws(StudioError)
    {
        guard state.classes[job.classID] != nil else { return }
        let known =
            state.annotations(in: picture).map(\.shape.box)
            + state.suggestions(in: picture).filter { $0.classID == job.classID }.map(\.shape.box)
        let new = found.filter { object in !known.contains { $0.iou(object.shape.box) >= 0.5 } }
        guard !new.isEmpty else { return }
        try project.add(
            new.map {
                SuggestionRecord(
                    id: project.newID(), picture: picture, classID: job.classID, shape: $0.shape,
                    score: Double($0.score), state: .open, task: "find", model: modelName("find"),
                    prompt: job.prompt)
            })
        job.found += new.count
        events.send("picture", summary(picture))
    }

    package func cancelJob(_ id: String) throws(StudioError) -> JSON {
        guard let job = jobs.first(where: { $0.id == id }) else { throw .unknown("job") }
        if job.state == .running { job.state = .cancelled }
        job.task?.cancel()
        return job.json
    }
}

/// A search over the folder; the studio alone touches it.
final class FindJob {
    enum State: String { case running, done, cancelled, failed }

    let id: String
    let classID: Int64
    let total: Int
    let prompt: Int64?
    var state = State.running
    var done = 0
    var found = 0
    var secondsLeft: Double?
    var problem: String?
    var task: Task<Void, Never>?

    init(id: String, classID: Int64, total: Int, prompt: Int64?) {
        (self.id, self.classID, self.total, self.prompt) = (id, classID, total, prompt)
    }

    var json: JSON {
        [
            "id": JSON(id), "task": "find", "class": JSON(StudioID.classID(classID)),
            "state": JSON(state.rawValue), "done": JSON(done), "total": JSON(total), "found": JSON(found),
            "secondsLeft": secondsLeft.map { JSON($0.rounded(to: 1)) } ?? nil,
            "problem": problem.map { JSON($0) } ?? nil,
        ]
    }
}
