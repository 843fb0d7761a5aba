import Foundation
import Spaniel
import SpanielJSON
import Testing

/// How good the models that ship are, end to end: our own engine on the committed held-out set, against `Weights/figures.json`.
///
/// When weights are changed on purpose, the failure says what to write there.
@Suite("The models that ship, on objects and scenes they never saw", .serialized)
struct QualityTests {
    @Test("every model that ships has figures, and no other")
    func recorded() throws {
        let folders = try FileManager.default.contentsOfDirectory(at: HeldOut.weights, includingPropertiesForKeys: nil)
        let ships = folders.filter { FileManager.default.fileExists(atPath: $0.appending(path: "config.json").path) }
        #expect(try Set(Recorded.all().map(\.model)) == Set(ships.map(\.lastPathComponent)))
    }

    @Test("a model is as good as recorded", arguments: try Recorded.all())
    func figures(_ recorded: Recorded) throws {
        let folder = HeldOut.weights.appending(path: recorded.model)
        let set = try HeldOut()
        let (sha256, figures): (String, Figures)
        switch try JSON(parsing: Data(contentsOf: folder.appending(path: "config.json")))["model_type"]?.string {
        case "sam":
            let model = try SAM(contentsOf: folder)
            (sha256, figures) = (model.weights.sha256, try set.figures(model))
        case "owlvit":
            let model = try OWLViT(contentsOf: folder)
            (sha256, figures) = (model.weights.sha256, try set.figures(model))
        case "clipseg":
            let model = try CLIPSeg(contentsOf: folder)
            (sha256, figures) = (model.weights.sha256, try set.figures(model))
        case let other:
            Issue.record("\(recorded.model): no figures are known for a \(other ?? "model without a type")")
            return
        }
        let differences = recorded.differences(figures) + (sha256 == recorded.sha256 ? [] : ["the weights are others: \(sha256)"])
        #expect(differences.isEmpty, "\(recorded.model), now: \(Recorded.line(recorded.model, sha256, figures))")
    }
}
