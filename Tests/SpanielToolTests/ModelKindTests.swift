import Foundation
import SpanielTestSupport
import SpanielTool
import Testing

@Suite("Models of the wrong kind for a command")
struct ModelKindTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    private func check(_ need: ModelNeed, _ configuration: String) throws -> ModelKind? {
        try scratch.write("m/config.json", configuration.utf8)
        return try need.check(URL(filePath: scratch("m")), name: "m")
    }

    @Test("each kind is known by its model_type, and accepted where it is of use")
    func right() throws {
        #expect(try check(.find, #"{"model_type": "sam"}"#) == .sam)
        #expect(try check(.mask, #"{"model_type": "sam"}"#) == .sam)
        #expect(try check(.find, #"{"model_type": "sam2"}"#) == .sam2)
        #expect(try check(.masks, #"{"model_type": "sam2_video"}"#) == .sam2Video)
        #expect(try check(.segment, #"{"model_type": "clipseg"}"#) == .clipseg)
        #expect(try check(.detect, #"{"model_type": "owlvit"}"#) == .owlvit)
        #expect(try check(.detect, #"{"model_type": "owlv2"}"#) == .owlv2)
        #expect(try check(.classifyByWords, #"{"model_type": "clip"}"#) == .clip)
        #expect(try check(.classify, #"{"model_type": "vit"}"#) == .vit)
        #expect(try check(.features, #"{"model_type": "dinov2"}"#) == .dinov2)
        #expect(
            try check(.features, #"{"model_type": "dinov2_with_registers"}"#) == .dinov2WithRegisters)
    }

    @Test("a configuration that does not say is left to the model's own reading")
    func silent() throws {
        for text in ["{}", #"{"model_type": null}"#, #"{"model_type": 3}"#, "not JSON", ""] {
            #expect(try check(.detect, text) == nil)
        }
        #expect(try ModelNeed.detect.check(URL(filePath: scratch("nowhere")), name: "m") == nil)
    }

    @Test(
        "another kind is refused with what it is, what it is for, and what is needed",
        arguments: [
            (
                ModelNeed.detect, "sam",
                [
                    "m is a SAM model", "spaniel find", "spaniel detect needs OWL-ViT or OWLv2",
                    "google/owlvit",
                ]
            ),
            (.find, "owlv2", ["m is an OWLv2 model", "spaniel detect", "spaniel find needs SAM", "--model"]),
            (.second, "sam", ["m is a SAM model", "spaniel tensors sam2 needs SAM 2: give"]),
            (.classify, "sam2_video", ["m is a SAM 2 model", "spaniel mask"]),
            (.words, "vit", ["m is a ViT model", "--text needs CLIP", "--clip-model"]),
            (.masks, "clipseg", ["m is a CLIPSeg model", "--sam-model needs SAM"]),
            (
                .find, "dinov2",
                ["m is a DINOv2 model", "--features of spaniel find", "spaniel find needs SAM"]
            ),
            (.segment, "bert", ["\"bert\"", "none of ours", "spaniel segment needs CLIPSeg"]),
        ])
    func wrong(_ need: ModelNeed, _ type: String, _ words: [String]) throws {
        let failure = try #require(throws: Failure.self) { try check(need, #"{"model_type": "\#(type)"}"#) }
        #expect(failure.status == .unusable)
        #expect(failure.code == "model.kind")
        for word in words { #expect(failure.message.contains(word), "\(failure.message) lacks \(word)") }
    }

    @Test("a damaged checkpoint is refused, and a folder that holds one alone with the name to give")
    func checkpoint() throws {
        let file = try scratch.file("sam_vit_l_0b3195.pth", [0x50, 0x4B, 3, 4])
        for (model, words) in [(file, "is it cut short?"), (scratch.path, "name the checkpoint itself")] {
            let run = try Tool.run(
                "mask", Tool.example("shelf.jpg"), "--point", "1,1", "--model", model)
            #expect(run.status == 65 && run.output.isEmpty)
            #expect(
                run.messages.contains("sam_vit_l_0b3195.pth") && run.messages.contains(words),
                "\(run.messages)")
        }
    }
}
