import ArgumentParser
import PerSAM
import Tensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `spaniel tensors`: what a model computes on the way, in transformers' axis order, so that a comparison is a subtraction.
struct TensorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tensors",
        abstract: "Writes intermediate tensors to a safetensors file, to compare with another implementation.",
        discussion: """
            Axis order, scaling and preprocessing are transformers'. With --pixel-values, prompts are in the model's own square frame.
            """)

    enum Model: String, ExpressibleByArgument, CaseIterable {
        case sam, persam
    }

    @Argument(help: "Whose tensors: sam, or persam with the original code's arithmetic.")
    var kind: Model

    @OptionGroup(title: "Model") var model: ModelOptions

    @Option(help: ArgumentHelp("The picture.", valueName: "img"))
    var image: String?

    @Option(help: ArgumentHelp("Use pixel_values [1,3,S,S] of this file instead of a picture.", valueName: "file.safetensors"))
    var pixelValues: String?

    @OptionGroup(title: "sam") var prompts: PromptOptions

    @Flag(help: "sam: three masks for the prompt instead of one.")
    var multimask = false

    @OptionGroup(title: "persam") var examples: ExampleOptions

    @Flag(help: "persam: the original code's arithmetic, the only one there is tensors of.")
    var faithful = false

    @Flag(help: "persam: PerSAM-F.")
    var fineTune = false

    @Option(name: [.customShort("o"), .customLong("output")], help: ArgumentHelp("The file to write.", valueName: "out.safetensors"))
    var output: String

    func validate() throws {
        if (image == nil) == (pixelValues == nil) { throw ValidationError("give --image IMG or --pixel-values FILE.safetensors") }
        switch kind {
        case .sam where !examples.examples.isEmpty || faithful || fineTune:
            throw ValidationError("examples, --faithful and --fine-tune belong to persam")
        case .persam where prompts.prompt != nil || multimask:
            throw ValidationError("points, boxes and --multimask belong to sam")
        case .persam where examples.examples.count != 1:
            throw ValidationError("persam needs one example: --reference IMG --mask MASK")
        default: break
        }
    }

    func run() throws {
        try OutputFolder.checkParent(ofFile: output)
        let sam = try model.loadSAM(for: .find.of("spaniel tensors \(kind.rawValue)"))
        let tensors = try kind == .sam ? samTensors(sam) : persamTensors(sam)
        Interruption.finishCleanly()
        try OutputFolder.makeParent(ofFile: output)
        do {
            try Safetensors.write(tensors.map { ($0.name, $0.tensor) }, to: URL(filePath: output))
        } catch { throw Failure(error, about: .output) }
    }

    private func persamTensors(_ sam: SAM) throws -> [(name: String, tensor: Tensor)] {
        var reading = ExampleReading(faithful: true)
        let classes = try reading.classes(examples.examples, negatives: [])
        let concepts = try classes.map { try $0.learn(with: PerSAM(sam), PerSAM.LearnOptions(fineTune: fineTune, faithful: true)) }
        guard let target = concepts.first?.original else { return [] }
        return Original(sam).find(target, in: try encoding(sam)).tensors
    }

    private func encoding(_ sam: SAM) throws -> SAM.Encoding {
        guard let pixelValues else {
            return try sam.encode(Picture(contentsOf: URL(filePath: image ?? ""), transparency: .dropped))
        }
        let pixels = try Self.readPixelValues(pixelValues)
        let side = sam.configuration.imageEncoder.imageSize
        guard pixels.shape == [1, 3, side, side] else { throw SAMError.pixelValues(found: pixels.shape, expected: [1, 3, side, side]) }
        let square = Size(width: side, height: side)
        return try sam.encode(pixels: pixels.transposed([0, 2, 3, 1]), frame: SAM.Frame(original: square, resized: square, side: side))
    }

    private func samTensors(_ sam: SAM) throws -> [(name: String, tensor: Tensor)] {
        if let pixelValues {
            let pixels = try Self.readPixelValues(pixelValues)
            return try sam.tensors(pixelValues: pixels, prompt: prompts.prompt, multimask: multimask)
        }
        let picture = try Picture(contentsOf: URL(filePath: image ?? ""))
        return try sam.tensors(picture, prompt: prompts.prompt, multimask: multimask)
    }

    private static func readPixelValues(_ path: String) throws -> Tensor {
        let file = try Safetensors(contentsOf: URL(filePath: path))
        guard let entry = file.entry("pixel_values") else {
            let found = file.entries.prefix(5).map { $0.name }.joined(separator: ", ")
            throw Failure(
                .unusable, code: "pixel-values.missing", "\(path): expected a tensor pixel_values, found \(found.isEmpty ? "none" : found)")
        }
        return try file.tensor(entry)
    }
}
