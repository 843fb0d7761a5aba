import Foundation
import Spaniel
import SpanielAnnotations
import SpanielJSON
import Tensor
import Testing

/// How good the models that ship are, end to end: our own engine on the committed held-out set, against
/// `Weights/figures.json`.
///
/// When weights are changed on purpose, the failure says what to write there.
@Suite("The models that ship, on objects and scenes they never saw", .serialized)
struct QualityTests {
    @Test("every model that ships has figures, and no other")
    func recorded() throws {
        let folders = try FileManager.default.contentsOfDirectory(
            at: HeldOut.weights, includingPropertiesForKeys: nil)
        let ships = folders.filter {
            FileManager.default.fileExists(atPath: $0.appending(path: "config.json").path)
        }
        #expect(try Set(Recorded.all().map(\.model)) == Set(ships.map(\.lastPathComponent)))
    }

    /// In the precision it chooses: float32 for models so small, the same digits on every processor.
    @Test("a model is as good as recorded", arguments: try Recorded.all())
    func figures(_ recorded: Recorded) throws {
        let (sha256, figures) = try measured(recorded, nil)
        let differences =
            recorded.differences(figures)
            + (sha256 == recorded.sha256 ? [] : ["the weights are others: \(sha256)"])
        #expect(
            differences.isEmpty, "\(recorded.model), now: \(Recorded.line(recorded.model, sha256, figures))")
    }

    /// It may find others of two nearly equal masks, but on the whole no fewer.
    @Test(
        "a model is as good in bfloat16",
        arguments: Tensor.Precision.fastest == .float32 ? [] : try Recorded.all())
    func bfloat16(_ recorded: Recorded) throws {
        for (name, value, cases) in try measured(recorded, .bfloat16).figures {
            let least = try Missing.unwrap(recorded.figures[name]) - 2 * Recorded.margin(cases: cases)
            #expect(value >= least, "\(recorded.model): \(name) of \(cases) cases")
        }
    }

    /// Within a hundredth, or within what one case makes where that is more.
    @Test("a model is as good in int8", arguments: try Recorded.all())
    func int8(_ recorded: Recorded) throws {
        for (name, value, cases) in try measured(recorded, .int8).figures {
            let expected = try Missing.unwrap(recorded.figures[name])
            #expect(
                abs(value - expected) <= max(0.01, Recorded.margin(cases: cases)),
                "\(recorded.model): \(name) of \(cases) cases: \(value), not \(expected)")
        }
    }

    @Test("masks in int8 overlap those of float32 by 0.97 on average")
    func masks() throws {
        let set = try HeldOut()
        func folder(_ name: String) -> URL { HeldOut.weights.appending(path: name) }
        let sams = try [.float32, .int8].map { try SAM(contentsOf: folder("sam-nano"), precision: $0) }
        var overlaps: [Double] = []
        for picture in set.pictures {
            let encodings = try sams.map { try $0.encode(set.picture(picture.file)) }
            for object in picture.objects {
                let masks = try zip(sams, encodings).map { sam, encoding in
                    try sam.masks(for: SAM.Prompt(box: object.box), in: encoding, multimask: false).best
                        .mask()
                }
                overlaps.append(masks[0].iou(masks[1]))
            }
        }
        #expect(overlaps.mean >= 0.97, "sam-nano: \(overlaps.mean) over \(overlaps.count)")
        let clipsegs = try [.float32, .int8].map {
            try CLIPSeg(contentsOf: folder("clipseg-nano"), precision: $0)
        }
        overlaps = []
        for one in set.words {
            let picture = try set.picture(one.image)
            let encodings = try clipsegs.map { try $0.encode(picture) }
            for (text, fits, _) in one.texts where !fits.isEmpty {
                let masks = try zip(clipsegs, encodings).map { clipseg, encoding in
                    let prompt = try clipseg.embed([text])[0] as CLIPSeg.Conditional
                    return try clipseg.scores(for: prompt, in: encoding).mask(threshold: 0.5)
                }
                // Nothing at all in one of them says little of how exact it is.
                if masks.allSatisfy({ $0.area > 0 }) { overlaps.append(masks[0].iou(masks[1])) }
            }
        }
        #expect(overlaps.mean >= 0.97, "clipseg-nano: \(overlaps.mean) over \(overlaps.count)")
    }

    /// The digest of a model's weights, and its figures on the held-out set.
    private func measured(_ recorded: Recorded, _ precision: Tensor.Precision?) throws -> (
        sha256: String, figures: Figures
    ) {
        let folder = HeldOut.weights.appending(path: recorded.model)
        let set = try HeldOut()
        switch try JSON(parsing: Data(contentsOf: folder.appending(path: "config.json")))["model_type"]?
            .string
        {
        case "sam":
            let model = try SAM(contentsOf: folder, precision: precision)
            return (model.identity.sha256, try set.figures(model))
        case "owlvit":
            let model = try OWLViT(contentsOf: folder, precision: precision)
            return (model.identity.sha256, try set.figures(model))
        case "clipseg":
            let model = try CLIPSeg(contentsOf: folder, precision: precision)
            return (model.identity.sha256, try set.figures(model))
        case let other: throw UnknownKind(model: recorded.model, type: other)
        }
    }

    /// No figures are known for such a model.
    private struct UnknownKind: Error {
        let model: String
        let type: String?
    }
}
