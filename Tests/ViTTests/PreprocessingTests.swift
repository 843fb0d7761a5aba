import Foundation
import SpanielImaging
import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing
import ViT

struct PreprocessingTests {
    /// The processor classes' defaults that the golden's cases start from.
    private static let defaults: [String: ViT.Preprocessing] = [
        "vit": .init(
            .squash(Size(width: 224, height: 224)), filter: .bilinear, mean: ViT.Preprocessing.half,
            deviation: ViT.Preprocessing.half),
        "clip": .init(
            .shortestEdge(224), crop: Size(width: 224, height: 224), filter: .bicubic,
            mean: ViT.Preprocessing.openAIMean,
            deviation: ViT.Preprocessing.openAIDeviation),
        "owlvit": .init(
            .squash(Size(width: 768, height: 768)), filter: .bicubic, mean: ViT.Preprocessing.openAIMean,
            deviation: ViT.Preprocessing.openAIDeviation),
    ]

    @Test(
        "pixel values are transformers' to the last bit, for every way to resize, crop, fill up, scale and normalise"
    )
    func pixelValues() throws {
        let golden = try ViTGolden(file: "preprocessing")
        let cases = try JSON(
            parsing: Data(contentsOf: ViTGolden.folder.appending(path: "preprocessing.json"))
        ).array
        for (c, fields) in try #require(cases).enumerated() {
            let configuration = try ConfigurationReader(
                #require(fields.object?["configuration"]), file: "preprocessor_config.json")
            let kind = try #require(fields.object?["defaults"]?.string)
            let preprocessing = try ViT.Preprocessing(configuration, default: #require(Self.defaults[kind]))
            for i in 0..<6 {
                expectClose(
                    preprocessing(try golden.picture(i)), try golden["pixels.\(c).\(i)"],
                    "case \(c), picture \(i)", tolerance: 0)
            }
        }
    }

    @Test("a line of a picture costs no more than what is cut out of it")
    func line() throws {
        let clip = try #require(Self.defaults["clip"])
        let pixels = clip(Picture(rgb: [UInt8](repeating: 255, count: 3 * 60_000), width: 60_000, height: 1))
        #expect(pixels.shape == [1, 224, 224, 3])
        #expect(Set(pixels.array).count == 3)
    }

    @Test(
        "a configuration that cannot be followed is refused by name",
        arguments: [
            ("{\"size\": {\"shortest_edge\": 9}, \"do_center_crop\": false}", "size"),
            ("{\"size\": {\"longest_edge\": 9}}", "size"),
            ("{\"resample\": 5}", "resample"), ("{\"do_resize\": false}", "do_resize"),
            ("{\"image_mean\": [1, 2]}", "image_mean"),
            ("{\"crop_size\": {\"shortest_edge\": 9}, \"do_center_crop\": true}", "crop_size"),
            ("{\"size\": [0, 9]}", "size"),
            ("{\"size\": 32}", "size"),
        ])
    func refusals(text: String, key: String) throws {
        let folder = try ScratchFolder()
        try folder.write("preprocessor_config.json", text)
        let error = #expect(throws: WeightsError.self) {
            try ViT.Preprocessing(
                contentsOf: folder.url, default: #require(Self.defaults["vit"]),
                expecting: Size(width: 224, height: 224))
        }
        #expect(error?.code == "config.value" && error?.description.contains(key) == true, "\(error as Any)")
    }

    @Test("processor_config.json comes before preprocessor_config.json, and without either the defaults hold")
    func files() throws {
        let folder = try ScratchFolder()
        let vit = try #require(Self.defaults["vit"])
        #expect(try ViT.Preprocessing(contentsOf: folder.url, default: vit).key == vit.key)
        try folder.write("preprocessor_config.json", "{\"size\": 16}")
        #expect(
            try ViT.Preprocessing(contentsOf: folder.url, default: vit).output == Size(width: 16, height: 16))
        try folder.write(
            "processor_config.json", "{\"image_processor\": {\"size\": {\"height\": 8, \"width\": 24}}}")
        #expect(
            try ViT.Preprocessing(contentsOf: folder.url, default: vit).output == Size(width: 24, height: 8))
    }
}
