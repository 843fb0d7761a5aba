import ArgumentParser
import Spaniel
import SpanielTensors
import Tensor
import SpanielPlatform

/// `spaniel tensors`: what a model computes on the way, in transformers' axis order, so that a comparison is
/// a subtraction.
struct TensorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tensors",
        abstract:
            "Writes intermediate tensors to a safetensors file, to compare with another implementation.",
        discussion: """
            Axis order, scaling and preprocessing are transformers'. With --pixel-values, prompts are in the model's own square frame.
            """)

    enum Model: String, ExpressibleByArgument, CaseIterable {
        case sam, sam2, persam, find, vit, clip, clipseg, owlvit, dinov2
    }

    @Argument(
        help: ArgumentHelp(
            "Whose tensors: persam is with the original code's arithmetic, find with that of spaniel find, owlvit is OWLv2 too.",
            valueName: "sam|sam2|persam|find|vit|clip|clipseg|owlvit|dinov2"))
    var kind: Model

    @OptionGroup(title: "Model") var model: ModelOptions

    @Option(help: ArgumentHelp("The picture.", valueName: "img"))
    var image: String?

    @Option(
        help: ArgumentHelp(
            "Use pixel_values [1,3,S,S] of this file instead of a picture; dinov2: [1,3,H,W].",
            valueName: "file.safetensors"))
    var pixelValues: String?

    @OptionGroup(title: "sam and sam2") var prompts: PromptOptions

    @Flag(help: "sam and sam2: three masks for the prompt instead of one.")
    var multimask = false

    @OptionGroup(title: "persam, find and clipseg") var examples: ExampleOptions

    @OptionGroup(title: "find") var features: FeatureOptions

    @Flag(help: "persam: the original code's arithmetic, the only one there is tensors of.")
    var faithful = false

    @Flag(help: "persam and find: PerSAM-F.")
    var fineTune = false

    @OptionGroup(title: "clip, clipseg and owlvit") var texts: TextOptions

    @Option(help: ArgumentHelp("owlvit: how a picture becomes a square.", valueName: "hf|padded"))
    var prep: OWLViT.Preparation?

    @Option(
        name: .customLong("layer"),
        help: ArgumentHelp("dinov2: the tokens after this layer too; repeatable.", valueName: "n"))
    var layers: [Int] = []

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The file to write.", valueName: "out.safetensors"))
    var output: String

    func validate() throws {
        if kind != .clipseg { try examples.requireRegions() }
        if (image == nil) == (pixelValues == nil) {
            throw ValidationError("give --image IMG or --pixel-values FILE.safetensors")
        }
        if kind != .persam && (faithful || (fineTune && kind != .find)) {
            throw ValidationError("--faithful belongs to persam, --fine-tune to persam and find")
        }
        if ![.persam, .find, .clipseg].contains(kind) && !examples.examples.isEmpty {
            throw ValidationError("examples belong to persam, find and clipseg")
        }
        if kind == .find && (examples.examples.isEmpty || image == nil) {
            throw ValidationError("find needs --image IMG and an example: --example IMG#MASK")
        }
        if kind != .find && !features.areOwn { throw ValidationError("--features belongs to find") }
        if ![.sam, .sam2].contains(kind) && (prompts.prompt != nil || multimask) {
            throw ValidationError("points, boxes and --multimask belong to sam and sam2")
        }
        if kind == .persam && examples.examples.count != 1 {
            throw ValidationError("persam needs one example: --reference IMG --mask MASK")
        }
        if ![.clip, .clipseg, .owlvit].contains(kind) && !texts.texts.isEmpty {
            throw ValidationError("--text belongs to clip, clipseg and owlvit")
        }
        if kind == .clipseg && texts.texts.isEmpty && examples.examples.isEmpty {
            throw ValidationError("clipseg needs a --text or an --example to look for")
        }
        if prep != nil && (kind != .owlvit || image == nil) {
            throw ValidationError("--prep belongs to owlvit and --image")
        }
        if kind != .dinov2 && !layers.isEmpty { throw ValidationError("--layer belongs to dinov2") }
        if layers.contains(where: { $0 < 1 }) { throw ValidationError("layers count from 1") }
    }

    typealias Tensors = [(name: String, tensor: Tensor)]

    func run() throws {
        try OutputFolder.checkParent(ofFile: output)
        let tensors = try tensors()
        Interruption.finishCleanly()
        try OutputFolder.makeParent(ofFile: output)
        do {
            try Safetensors.write(tensors.map { ($0.name, $0.tensor) }, to: URL(filePath: output))
        } catch { throw Failure(error, about: .output) }
    }

    private func tensors() throws -> Tensors {
        let user = "spaniel tensors \(kind.rawValue)"
        let words = texts.texts.map(\.words)
        switch kind {
        case .sam: return try samTensors(model.loadSAM(for: .find.of(user)))
        case .sam2: return try samTensors(model.loadSAM(for: .second))
        case .persam: return try persamTensors(model.loadSAM(for: .find.of(user)))
        case .find: return try findTensors(user)
        case .vit:
            let vit = try model.loadViT(for: .classify.of(user))
            return try input {
                try vit.tensors($0)
            } pixels: {
                try vit.tensors(pixelValues: $0)
            }
        case .clip:
            let clip = try model.loadCLIP(for: .classifyByWords.of(user))
            return try input {
                try clip.tensors($0, texts: words)
            } pixels: {
                try clip.tensors(pixelValues: $0, texts: words)
            }
        case .clipseg:
            let clipseg = try model.loadCLIPSeg(for: .segment.of(user))
            let prompts = try clipseg.embed(words) + examplePrompts(clipseg)
            return try input {
                try clipseg.tensors($0, prompts: prompts)
            } pixels: {
                try clipseg.tensors(pixelValues: $0, prompts: prompts)
            }
        case .dinov2:
            let dino = try model.loadDINOv2(for: .features.of(user))
            return try input {
                try dino.tensors($0, layers: layers)
            } pixels: {
                try dino.tensors(pixelValues: $0, layers: layers)
            }
        case .owlvit:
            let owl = try model.loadOWLViT(for: .detect.of(user))
            return try input {
                try owl.tensors($0, texts: words, preparation: prep ?? .hf)
            } pixels: {
                try owl.tensors(pixelValues: $0, texts: words)
            }
        }
    }

    /// One prompt for each class of the examples.
    private func examplePrompts(_ clipseg: CLIPSeg) throws -> [CLIPSeg.Conditional] {
        var reading = ExampleReading(faithful: false)
        return try reading.classes(examples.examples, negatives: []).map { taught in
            try taught.learn { try clipseg.learn(taught.examples) }
        }
    }

    /// Hands over the picture, or the pixel values, whichever was given.
    private func input(_ picture: (Picture) throws -> Tensors, pixels: (Tensor) throws -> Tensors) throws
        -> Tensors
    {
        if let pixelValues { return try pixels(Self.readPixelValues(pixelValues)) }
        return try picture(Picture(contentsOf: URL(filePath: image ?? "")))
    }

    private func persamTensors(_ sam: SAM) throws -> Tensors {
        var reading = ExampleReading(faithful: true)
        let classes = try reading.classes(examples.examples, negatives: [])
        let concepts = try classes.map {
            try $0.learn(with: PerSAM(sam), PerSAM.LearnOptions(fineTune: fineTune, faithful: true))
        }
        guard let target = concepts.first?.original else { return [] }
        return Original(sam).find(target, in: try encoding(sam)).tensors
    }

    private func encoding(_ sam: SAM) throws -> SAM.Encoding {
        guard let pixelValues else {
            return try sam.encode(Picture(contentsOf: URL(filePath: image ?? ""), transparency: .dropped))
        }
        let pixels = try Self.readPixelValues(pixelValues)
        let side = sam.configuration.imageEncoder.imageSize
        guard pixels.shape == [1, 3, side, side] else {
            throw TensorsError.pixelValues(found: pixels.shape, expected: [1, 3, side, side])
        }
        let square = Size(width: side, height: side)
        return try sam.encode(
            pixels: pixels.transposed([0, 2, 3, 1]),
            frame: SAM.Frame(original: square, resized: square, side: side))
    }

    private func samTensors(_ sam: SAM) throws -> Tensors {
        let prompt = prompts.prompt
        return try input {
            try sam.tensors($0, prompt: prompt, multimask: multimask)
        } pixels: {
            try sam.tensors(pixelValues: $0, prompt: prompt, multimask: multimask)
        }
    }

    private static func readPixelValues(_ path: String) throws -> Tensor {
        let file = try Safetensors(contentsOf: URL(filePath: path))
        guard let entry = file.entry("pixel_values") else {
            let found = file.entries.prefix(5).map { $0.name }.joined(separator: ", ")
            throw Failure(
                .unusable, code: "pixel-values.missing",
                "\(path): expected a tensor pixel_values, found \(found.isEmpty ? "none" : found)")
        }
        return try file.tensor(entry)
    }
}
