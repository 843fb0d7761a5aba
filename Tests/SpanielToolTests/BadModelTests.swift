import Foundation
import SpanielTestSupport
import Tensor
import Testing

@Suite("Models that cannot be used")
struct BadModelTests {
    private let scratch: ScratchFolder
    private let picture: String
    private static let shipped = URL(filePath: "\(Tool.root)Weights/sam-nano")

    init() throws {
        scratch = try ScratchFolder()
        picture = try scratch.file("a.png", Files.png)
    }

    private func run(_ model: String) throws -> Tool.Run {
        try Tool.run("mask", picture, "--point", "20,16", "--model", model, "--json", "--out", scratch("out"))
    }

    /// Runs with a changed model, which must end with 65, print no record and leave nothing behind.
    private func expectUnusable(naming words: String..., change: (ModelCopy) throws -> Void) throws {
        try ModelCopy.with(Self.shipped) { copy in
            try change(copy)
            let run = try run(copy.folder.path(percentEncoded: false))
            #expect(run.status == 65, "\(run.messages)")
            #expect(run.output.isEmpty)
            for word in words {
                #expect(run.messages.contains(word), "\(run.messages) does not name \(word)")
            }
            #expect(!FileManager.default.fileExists(atPath: scratch("out")))
        }
    }

    @Test("the copy itself, unchanged, is fine")
    func unchanged() throws {
        try ModelCopy.with(Self.shipped) { copy in
            let status = try run(copy.folder.path(percentEncoded: false)).status
            #expect(status == 0)
        }
    }

    @Test(
        "a folder that is missing ends with 66, weights that can be fetched with 69 and the command that fetches them"
    )
    func missing() throws {
        #expect(try run(scratch("nowhere/model")).status == 66)
        let hub = try Tool.run(
            "mask", picture, "--point", "20,16", "--model", "facebook/sam-vit-nothing",
            environment: ["HF_HOME": scratch.path, "HF_HUB_CACHE": scratch.path])
        #expect(hub.status == 69)
        #expect(hub.messages.contains("spaniel weights pull facebook/sam-vit-nothing"))
    }

    @Test("a file where the folder is meant, a folder without weights, without configuration")
    func incomplete() throws {
        #expect(try run(picture).status == 65)
        for name in ["model.safetensors", "config.json"] {
            try expectUnusable(naming: name) { try $0.remove(name) }
        }
    }

    @Test("a tensor that is missing, one too many, one of another shape, is named")
    func tensors() throws {
        let key = "mask_decoder.iou_token.weight"
        try expectUnusable(naming: key) { try $0.rewrite { $0.removeAll { $0.0 == key } } }
        try expectUnusable(naming: "surprise.weight") {
            try $0.rewrite { $0.append(("surprise.weight", Tensor([1, 2], [2]))) }
        }
        try expectUnusable(naming: key, "[1, 128]", "[128]") {
            try $0.rewrite { tensors in
                for index in tensors.indices where tensors[index].0 == key {
                    tensors[index].1 = tensors[index].1.reshaped([128])
                }
            }
        }
    }

    @Test(
        "a header that lies about its size, or about where its tensors lie",
        arguments: [
            [UInt8](repeating: 0xFF, count: 8), [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
            [0, 0, 0, 0, 0, 0, 0, 0],
            [1, 0, 0, 0, 0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0],
        ])
    func header(_ length: [UInt8]) throws {
        try expectUnusable(naming: "model.safetensors") { copy in
            let url = copy["model.safetensors"]
            var bytes = try [UInt8](Data(contentsOf: url))
            bytes.replaceSubrange(0..<8, with: length)
            try Data(bytes).write(to: url)
        }
    }

    @Test("weights cut short")
    func cut() throws {
        try expectUnusable(naming: "model.safetensors") { copy in
            let url = copy["model.safetensors"]
            try Data(contentsOf: url).dropLast(1000).write(to: url)
        }
    }

    @Test(
        "a configuration with a value that is not supported, of the wrong kind, or out of all measure, is named",
        arguments: [
            ("\"hidden_act\": \"relu\"", "\"hidden_act\": \"swish\"", "hidden_act"),
            ("\"model_type\": \"sam\"", "\"model_type\": \"clip\"", "model_type"),
            ("\"hidden_size\": 192", "\"hidden_size\": \"many\"", "hidden_size"),
            ("\"num_hidden_layers\": 6", "\"num_hidden_layers\": 60000000", "num_hidden_layers"),
            ("\"image_size\": 384", "\"image_size\": 9223372036854775807", "image_size"),
            ("\"patch_size\": 16", "\"patch_size\": 0", "patch_size"),
            ("\"hidden_size\": 192", "\"hidden_size\": -192", "hidden_size"),
            ("{", "", "config.json"),
        ])
    func configuration(_ old: String, _ new: String, _ named: String) throws {
        try expectUnusable(naming: named) { try $0.replace(old, with: new, in: "config.json") }
    }
}
