import OWLViT
import SAM
import SpanielAnnotations
import SpanielFiles
import SpanielImaging
package import SpanielJSON
import SpanielPlatform

/// The project as the remote server of X-AnyLabeling, by that server's protocol (X-AnyLabeling-Server,
/// `app/api`): two models, one that finds and one that outlines.
///
/// A request carries its picture. One of the folder gets what is labelled and suggested here; the box that was
/// drawn last is looked for in every other, also where X-AnyLabeling goes through all its pictures.
extension Studio {
    private static var finder: String { "spaniel-find" }
    private static var outliner: String { "spaniel-outline" }
    private static var mostWords: Int { 100 }
    /// What X-AnyLabeling calls an object whose class it asks for.
    private static var unnamed: String { "AUTOLABEL_OBJECT" }

    package func xAnyLabelingHealth() -> JSON {
        ["status": "healthy", "models_loaded": 2, "timestamp": JSON(Date().ISO8601Format())]
    }

    package func xAnyLabelingModels() -> JSON {
        func model(_ name: String, _ widgets: [String], batch: JSON) -> JSON {
            [
                "display_name": JSON(name),
                "widgets": JSON(widgets.map { ["name": JSON($0), "value": nil] }), "params": [:],
                "capabilities": [:], "batch_processing_mode": batch,
            ]
        }
        var models: JSON = [:]
        if self.models.detector != nil {
            models[Self.finder] = model(
                "Spaniel: words, or one box",
                [
                    "edit_text", "button_send", "add_pos_rect", "button_run_rect", "button_clear",
                    "button_finish_object", "toggle_preserve_existing_annotations",
                ], batch: "default")
        }
        if self.models.segmenter != nil {
            models[Self.outliner] = model(
                "Spaniel: outline by clicks or a box",
                [
                    "button_add_point", "button_remove_point", "button_add_rect", "button_clear",
                    "button_finish_object",
                ], batch: nil)
        }
        return ["success": true, "data": models]
    }

    package func xAnyLabelingModel(_ name: String) throws(StudioError) -> JSON {
        guard var model = xAnyLabelingModels()["data"]?[name] else { throw .unknown("model") }
        model["model_id"] = JSON(name)
        return ["success": true, "data": model]
    }

    package func xAnyLabelingPredict(_ body: JSON) async throws -> JSON {
        let sent = body["image"]?.string ?? ""
        let coded = sent.firstIndex(of: ",").map { String(sent[sent.index(after: $0)...]) } ?? sent
        guard let data = Data(base64Encoded: coded), !data.isEmpty else {
            throw StudioError.value(name: "image", expected: "a picture in base64", found: "none")
        }
        let bytes = [UInt8](data)
        let params = body["params"] ?? [:]
        switch body["model"]?.string {
        case Self.finder: return try await find(params, in: bytes)
        case Self.outliner: return try await outline(params, in: bytes)
        default: throw StudioError.unknown("model")
        }
    }

    private static func answer(_ shapes: [JSON], replaces: Bool?) -> JSON {
        [
            "success": true,
            "data": [
                "shapes": JSON(shapes), "description": "", "replace": replaces.map { JSON($0) } ?? nil,
            ],
        ]
    }

    private static func rectangle(_ box: Box, _ label: String, _ score: Double) -> JSON {
        [
            "label": JSON(label), "shape_type": "rectangle",
            "points": [
                [JSON(box.x1), JSON(box.y1)], [JSON(box.x2), JSON(box.y1)], [JSON(box.x2), JSON(box.y2)],
                [JSON(box.x1), JSON(box.y2)],
            ], "score": JSON(score.rounded(to: 4)),
        ]
    }

    /// Words, a box to look for, or else what this project, or the last box, finds.
    private func find(_ params: JSON, in bytes: [UInt8]) async throws -> JSON {
        guard let detector = models.detector else { throw StudioError.noModel(Self.noDetector) }
        let words = (params["text_prompt"]?.string ?? "").split { ".,".contains($0) }
            .map { String($0.drop(while: \.isWhitespace)) }.filter { !$0.isEmpty }
        guard words.count <= Self.mostWords else {
            throw StudioError.value(
                name: "text_prompt", expected: "at most \(Self.mostWords) words", found: "\(words.count)")
        }
        var hash = SHA256()
        bytes.withUnsafeBytes { hash.update($0) }
        let content = hash.hexadecimal()
        let files = files
        let boxes = Self.marks(params, "rectangle").compactMap(Box.init(json:))
        var shapes: [(box: Box, label: String, score: Double)] = []
        let isAsked = !words.isEmpty || !boxes.isEmpty
        if !isAsked,
            let record = state.pictures.values.first(where: { $0.content == content && !$0.isMissing })
        {
            await makeReady(record.id)
            for owner in state.orderedClasses {
                shapes += findings(owner.id, in: record.id).map { ($0.shape.box, owner.name, $0.score) }
            }
        }
        let last = isAsked ? nil : lastExample
        let wanted = params["conf_threshold"]?.double ?? 0
        let (concepts, found) = try await encoding.run { () -> ([OWLViT.Concept], [OWLViT.Detection]) in
            guard isAsked || last != nil else { return ([], []) }
            let encoding = try detector.encode(files.decode(bytes, "the picture"))
            let owl = detector.model
            var concepts: [OWLViT.Concept] = last.map { [$0] } ?? []
            do {
                if !words.isEmpty {
                    let texts: [OWLViT.Text] = try owl.embed(words)
                    concepts = try zip(words, texts).map { try owl.concept($0, texts: [$1]) }
                } else if !boxes.isEmpty {
                    let observed = try boxes.map {
                        try owl.observe(.box($0), in: encoding, [], OWLViT.LearnOptions())
                    }
                    concepts = [
                        owl.concept(Self.unnamed, observed, texts: [], negatives: .none, selection: nil)
                    ]
                }
            } catch {
                throw StudioError.value(
                    name: "params", expected: "words, or a box in the picture", found: "\(error)")
            }
            let detections = try owl.detect(
                concepts, in: encoding,
                options: OWLViT.DetectOptions(threshold: wanted > 0 ? Float(wanted) : nil))
            return (concepts, detections.objects)
        }
        if words.isEmpty, !boxes.isEmpty { lastExample = concepts.first }
        for object in found where !shapes.contains(where: { $0.box.iou(object.box) >= 0.5 }) || isAsked {
            shapes.append((object.box, object.className, Double(object.score)))
        }
        return Self.answer(shapes.map { Self.rectangle($0.box, $0.label, $0.score) }, replaces: nil)
    }

    private func outline(_ params: JSON, in bytes: [UInt8]) async throws -> JSON {
        guard let segmenter = models.segmenter else { throw StudioError.noModel(Self.noSegmenter) }
        var prompt = SAM.Prompt()
        for mark in params["marks"]?.array ?? [] where mark["type"]?.string == "point" {
            guard let point = mark["data"].flatMap(Point.init(json:)) else { continue }
            prompt.points.append(.init(point, isObject: mark["label"]?.int != 0))
        }
        prompt.box = Self.marks(params, "rectangle").last.flatMap(Box.init(json:))
        guard prompt.box != nil || prompt.points.contains(where: \.isObject) else {
            return Self.answer([], replaces: false)
        }
        let files = files
        let (asked, isOpen) = (prompt, prompt.box == nil && prompt.points.count == 1)
        let answer = try await masks.run { () -> (StoredShape, Float)? in
            let scene = try segmenter.encode(files.decode(bytes, "the picture"))
            let best = try segmenter.model.masks(for: asked, in: scene, multimask: isOpen).best
            return StoredShape(.mask(best.mask().rle)).map { ($0, best.score) }
        }
        guard let (shape, score) = answer, let ring = shape.ring, let first = ring.first else {
            return Self.answer([], replaces: false)
        }
        return Self.answer(
            [
                [
                    "label": JSON(Self.unnamed), "shape_type": "polygon",
                    "points": JSON((ring + [first]).map(\.json)),
                    "score": JSON(Double(min(1, max(0, score))).rounded(to: 4)),
                ]
            ], replaces: false)
    }

    /// The positions of the marks of a kind that stand for the object.
    private static func marks(_ params: JSON, _ kind: String) -> [JSON] {
        (params["marks"]?.array ?? []).filter { $0["type"]?.string == kind && $0["label"]?.int != 0 }
            .compactMap { $0["data"] }
    }
}
