import ArgumentParser
import Spaniel

/// What tells the object from others: `--features` and how they are taken.
struct FeatureOptions: ParsableArguments {
    /// The name that stands for the segmenter's own features.
    static let own = "sam"

    @Option(
        help: ArgumentHelp(
            "What tells the object from others: a DINOv2, by name, folder or hub id, such as dinov2-small; without it the command's own models do.",
            valueName: "sam|name|folder|hub-id"))
    var features = Self.own

    @Option(
        name: .customLong("feature-layers"),
        help: ArgumentHelp(
            "Of --features, the layers whose features are compared, together (default: the last).",
            valueName: "n,…"),
        transform: { try FeatureLayers(parsing: $0) })
    private var layerArgument: FeatureLayers?

    @Option(
        name: .customLong("feature-size"),
        help: ArgumentHelp(
            "Of --features, the pixels that a picture's longer side is brought to; more see smaller things, slower (default: 518; for detect's looks at single boxes 168).",
            valueName: "pixels"))
    private var size: Int?

    @Flag(help: "Of --features, keep what they say of the place in the picture; it is removed otherwise.")
    var keepPositions = false

    var layers: [Int] { layerArgument?.numbers ?? [] }
    /// The pixels that a closer look's longer side is brought to unless the command line says others.
    static let lookSide = 168

    var areOwn: Bool { features == Self.own }

    func validate() throws {
        if features.isEmpty { throw ValidationError("--features needs the name of a model, or sam") }
        if areOwn && (layerArgument != nil || size != nil || keepPositions) {
            throw ValidationError(
                "--feature-layers, --feature-size and --keep-positions belong to --features NAME")
        }
    }

    /// nil where the command's own models tell objects apart.
    ///
    /// - Parameter longestSide: the pixels that a longer side is brought to unless the command line says others.
    func load(_ model: ModelOptions, longestSide: Int = DINOv2Features.usualSide) throws -> DINOv2Features? {
        guard !areOwn else { return nil }
        let dino = try ModelNeed.featureSource.load(features, threads: model.threads, pull: model.pull) {
            try DINOv2(contentsOf: $0, precision: model.precision.precision)
        }
        do {
            return try DINOv2Features(
                dino, layers: layers, longestSide: size ?? longestSide, keepsPositions: keepPositions)
        } catch {
            throw UsageError("\(layers.isEmpty ? "--feature-size" : "--feature-layers"): \(error)")
        }
    }

    /// The options as they stand on a command line, with a space before them; empty for the own features.
    var asWritten: String {
        guard !areOwn else { return "" }
        let numbers = layers.map(String.init).joined(separator: ",")
        return " --features \(features)" + (layers.isEmpty ? "" : " --feature-layers \(numbers)")
            + (size.map { " --feature-size \($0)" } ?? "") + (keepPositions ? " --keep-positions" : "")
    }
}

/// What `--feature-layers` takes: `9`, or `8,9,10`.
struct FeatureLayers {
    let numbers: [Int]

    init(parsing text: String) throws {
        numbers = try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
            guard let number = Int(word), number >= 1 else {
                throw ValidationError(
                    "expected layers such as 9 or 8,9,10, which count from 1, found \(text)")
            }
            return number
        }
    }
}
