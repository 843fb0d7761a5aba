import Foundation
import Spaniel
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
