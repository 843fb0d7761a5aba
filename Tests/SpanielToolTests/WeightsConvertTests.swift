import Foundation
import SpanielJSON
import SpanielTestSupport
import SpanielTool
import Tensor
import Testing

@Suite("spaniel weights convert")
struct WeightsConvertTests {
    private let scratch: ScratchFolder
    private static let sam = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Goldens/PyTorch/sam.pth").standardizedFileURL.path

    init() throws { scratch = try ScratchFolder() }

    @Test("the checkpoint and the folder made of it give the same tensors, bit for bit")
    func sameTensors() throws {
        let folder = scratch("sam")
        let run = try Tool.run("weights", "convert", Self.sam, folder)
        #expect(run.status == 0 && run.messages.isEmpty, "\(run.messages)")
        #expect(run.output.contains("sam, ") && run.output.contains("no published file"))
        var outputs: [Data] = []
        for (i, model) in [Self.sam, folder].enumerated() {
            let output = scratch("\(i).safetensors")
            let run = try Tool.run(
                "tensors", "sam", "--model", model, "--image", Tool.example("shelf.jpg"), "--point", "90,120",
                "--precision", "float32", "-o", output)
            #expect(run.status == 0, "\(run.messages)")
            outputs.append(try Data(contentsOf: URL(filePath: output)))
        }
        #expect(outputs[0] == outputs[1] && outputs[0].count > 1000)
    }

    @Test("--json says the digest, and that the file is no published one")
    func record() throws {
        let run = try Tool.run("weights", "convert", Self.sam, scratch("sam"), "--json")
        let record = try JSON(parsing: run.output)
        let digest = try Weights(checkpoint: URL(filePath: Self.sam)).sha256
        #expect(record["sha256"]?.string == digest && record["published"]?.isNull == true)
        #expect(record["model_type"]?.string == "sam")
    }

    @Test("a file that is called as a published one and is another is converted with a warning")
    func impostor() throws {
        let file = try scratch.file("sam_vit_b_01ec64.pth", Data(contentsOf: URL(filePath: Self.sam)))
        let run = try Tool.run("weights", "convert", file, scratch("sam"))
        #expect(run.status == 0 && run.messages.contains("is called as a published file and is not it"))
        for known in PublishedCheckpoint.all {
            #expect(PublishedCheckpoint(sha256: known.sha256)?.name == known.name && known.sha256.count == 64)
            #expect(PublishedCheckpoint.warning(name: known.name, sha256: known.sha256) == nil)
        }
    }

    @Test("what cannot be converted leaves nothing behind")
    func refused() throws {
        let bad = try scratch.file("bad.pth", TorchFile(pickle: Array("\u{2}".utf8)).bytes)
        let other = try scratch.file("other.pth", TorchFile([("x", [1], [1])]).bytes)
        let decoder = try scratch.file(
            "rd64-uni-refined.pth",
            TorchFile([
                ("film_mul.weight", [64, 512], [Float](repeating: 0, count: 64 * 512)),
                ("reduces.0.weight", [1, 1], [0]), ("trans_conv.0.weight", [1], [0]),
            ]).bytes)
        try scratch.write("full/config.json", "{}")
        for (file, folder, status, words) in [
            (bad, "new", 65, "opcode"), (other, "new", 65, "such as x"),
            (decoder, "new", 65, "CIDAS/clipseg-rd64-refined"),
            (scratch("none.pth"), "new", 66, "no such file"),
            (Self.sam, "full", 73, "files in it"), (Self.sam, "bad.pth", 73, "bad.pth"),
        ] {
            let run = try Tool.run("weights", "convert", file, scratch(folder))
            #expect(run.status == Int32(status), "\(file): \(run.status) \(run.messages)")
            #expect(run.output.isEmpty && run.messages.contains(words), "\(run.messages)")
            #expect(!FileManager.default.fileExists(atPath: scratch("new")))
        }
        #expect(try scratch.names() == ["bad.pth", "full", "other.pth", "rd64-uni-refined.pth"])
    }

    @Test("a damaged storage ends the conversion, and the folder does not appear")
    func damaged() throws {
        var bytes = try [UInt8](Data(contentsOf: URL(filePath: Self.sam)))
        bytes[bytes.count / 2] ^= 1
        let file = try scratch.file("sam.pth", bytes)
        let run = try Tool.run("weights", "convert", file, scratch("sam"))
        #expect(run.status == 65 || run.status == 73, "\(run.status) \(run.messages)")
        #expect(try scratch.names() == ["sam.pth"])
    }

    @Test("a model of another kind is refused by what it is, from a checkpoint too")
    func kind() throws {
        let run = try Tool.run("segment", Tool.example("shelf.jpg"), "--text", "boot", "--model", Self.sam)
        #expect(run.status == 65 && run.messages.contains("is a SAM model"), "\(run.messages)")
    }
}
