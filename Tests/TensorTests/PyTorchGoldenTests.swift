import Foundation
import SpanielTestSupport
import Tensor
import Testing

@Suite("Checkpoints that torch saved, against what torch.load finds in them")
struct PyTorchGoldenTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Goldens/PyTorch").standardizedFileURL

    static func weights(_ name: String) throws -> Weights {
        try Weights(checkpoint: folder.appending(path: "\(name).pth"))
    }

    @Test("every number is torch's", arguments: ["kinds", "views", "training", "script"])
    func numbers(name: String) throws {
        let weights = try Self.weights(name)
        let golden = try Safetensors(contentsOf: Self.folder.appending(path: "\(name).safetensors"))
        #expect(golden.entries.count > 3)
        for entry in golden.entries {
            let expected = try golden.tensor(entry)
            let promised = try weights.promised(entry.name, Tensor.Shape(entry.shape))
            for read in [promised.tensor, promised.borrowed] {
                let tensor = try read()
                #expect(tensor.array == expected.array, "\(entry.name)")
            }
        }
    }

    @Test("whole numbers and truth values are there, and are no weights")
    func wholeNumbers() throws {
        let weights = try Self.weights("kinds")
        #expect(weights.names.count == 13)
        for name in ["byte", "char", "short", "int", "long", "bool"] {
            let shape = try #require(weights.shape(of: name))
            let error = #expect(throws: WeightsError.self) { try weights.tensor(name, shape) }
            #expect(error?.code == "weights.type" && error?.description.contains(name) == true)
        }
    }

    @Test("a module of TorchScript gives the names of its state dict")
    func script() throws {
        let names = try Self.weights("script").names
        #expect(
            names == ["inner.0.bias", "inner.0.weight", "inner.1.bias", "inner.1.weight", "scale", "side"])
    }

    @Test("a training checkpoint gives the model's tensors, without the optimizer's and the wrapper's prefix")
    func training() throws {
        let names = try Self.weights("training").names
        #expect(
            names == [
                "conv.bias", "conv.weight", "norm.bias", "norm.num_batches_tracked", "norm.running_mean",
                "norm.running_var", "norm.weight",
            ])
    }

    @Test("a file that torch wrote without checksums is read")
    func unchecked() throws {
        let weights = try Self.weights("unchecked")
        #expect(
            try weights.tensor("float", [3, 2]).array == Self.weights("kinds").tensor("float", [3, 2]).array)
    }

    @Test("the digest is the file's")
    func digest() throws {
        let weights = try Self.weights("kinds")
        #expect(weights.modelName == "kinds.pth" && weights.sha256.count == 64)
        #expect(try weights.renamed(by: [("float", "f")]).sha256 == weights.sha256)
    }
}
