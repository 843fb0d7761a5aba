import Tensor
package import SpanielPlatform

/// The models there are, by what their config.json calls them.
package enum ModelKind: String, Sendable, CaseIterable {
    case sam, sam2
    case sam2Video = "sam2_video"
    case vit, clip, clipseg, owlvit, owlv2, dinov2
    case dinov2WithRegisters = "dinov2_with_registers"
    case mobileSAM = "mobile_sam"

    /// What people call it.
    package var name: String {
        switch self {
        case .sam: "SAM"
        case .mobileSAM: "MobileSAM"
        case .sam2, .sam2Video: "SAM 2"
        case .vit: "ViT"
        case .clip: "CLIP"
        case .clipseg: "CLIPSeg"
        case .owlvit: "OWL-ViT"
        case .owlv2: "OWLv2"
        case .dinov2: "DINOv2"
        case .dinov2WithRegisters: "DINOv2 with registers"
        }
    }

    /// Where it is of use.
    package var use: String {
        switch self {
        case .sam, .sam2, .sam2Video, .mobileSAM: "spaniel find and spaniel mask"
        case .vit: "spaniel classify, without --text"
        case .clip: "spaniel classify, with --text"
        case .clipseg: "spaniel segment"
        case .owlvit, .owlv2: "spaniel detect"
        case .dinov2, .dinov2WithRegisters: "--features of spaniel find and spaniel detect"
        }
    }

    fileprivate var article: String {
        self == .owlvit || self == .owlv2 ? "an \(name)" : "a \(name)"
    }
}

extension ModelKind {
    /// What a model's folder says it is; nil if it is none of ours.
    package init?(of folder: URL) {
        guard let reader = try? ConfigurationReader(contentsOf: folder.appending(path: "config.json")),
            let type = try? reader.string("model_type", default: "")
        else { return nil }
        self.init(rawValue: type)
    }
}

/// What a command wants a model for: the kinds that do, and where to get one.
package struct ModelNeed: Sendable {
    /// What names the model on the command line, and who asks: `spaniel detect`, `--sam-model`.
    package let user: String
    /// The option that names another.
    package let option: String
    package let kinds: [ModelKind]
    /// The model that is meant when none is named.
    package let usual: String
    /// A published one, for people who have none.
    package let published: String

    package static let find = ModelNeed(sam: "spaniel find", option: "--model")
    package static let mask = ModelNeed(sam: "spaniel mask", option: "--model")
    /// SAM beside another model.
    package static let masks = ModelNeed(sam: "--sam-model", option: "--sam-model")
    package static let segment = ModelNeed(
        user: "spaniel segment", kinds: [.clipseg], usual: "clipseg-nano",
        published: "CIDAS/clipseg-rd64-refined")
    package static let detect = ModelNeed(
        user: "spaniel detect", kinds: [.owlvit, .owlv2], usual: "owlvit-nano",
        published: "google/owlvit-base-patch32")
    package static let classifyByWords = ModelNeed(
        user: "spaniel classify --text", kinds: [.clip], usual: "openai/clip-vit-base-patch32",
        published: "openai/clip-vit-base-patch32")
    package static let classify = ModelNeed(
        user: "spaniel classify without --text", kinds: [.vit], usual: "google/vit-base-patch16-224",
        published: "google/vit-base-patch16-224")
    package static let features = ModelNeed(
        user: "spaniel tensors dinov2", kinds: [.dinov2, .dinov2WithRegisters],
        usual: "facebook/dinov2-small", published: "facebook/dinov2-small")
    /// DINOv2 beside another model.
    package static let featureSource = ModelNeed(
        user: "--features", option: "--features", kinds: features.kinds, usual: features.usual,
        published: features.published)
    /// CLIP as a check on what SAM found.
    package static let words = ModelNeed(
        user: "--text", option: "--clip-model", kinds: [.clip], usual: "openai/clip-vit-base-patch32",
        published: "openai/clip-vit-base-patch32")

    package init(
        user: String, option: String = "--model", kinds: [ModelKind], usual: String, published: String
    ) {
        self.user = user
        self.option = option
        self.kinds = kinds
        self.usual = usual
        self.published = published
    }

    /// `spaniel tensors sam2`.
    package static let second = ModelNeed(
        user: "spaniel tensors sam2", kinds: [.sam2, .sam2Video], usual: "facebook/sam2.1-hiera-tiny",
        published: "facebook/sam2.1-hiera-tiny")

    private init(sam user: String, option: String) {
        self.init(
            user: user, option: option, kinds: [.sam, .sam2, .sam2Video, .mobileSAM], usual: "sam-nano",
            published: "facebook/sam-vit-base")
    }

    /// The same need of another command.
    package func of(_ user: String) -> ModelNeed {
        ModelNeed(user: user, option: option, kinds: kinds, usual: usual, published: published)
    }

    /// What config.json calls a model, or would for a checkpoint; nil when it does not say.
    private static func modelType(_ model: URL) throws(Failure) -> String? {
        if Weights.isFile(model) {
            do { return try CheckpointFile.layout(model).modelType } catch {
                throw Failure(error, about: .input)
            }
        }
        guard let reader = try? ConfigurationReader(contentsOf: model.appending(path: "config.json")),
            let type = try? reader.string("model_type", default: ""), !type.isEmpty
        else { return nil }
        return type
    }

    /// Checks that a folder or a checkpoint holds a model of one of the kinds, and says which it is.
    ///
    /// - Parameter name: what messages call the model.
    /// - Returns: nil when its configuration does not say: the model's own loading then tells what is wrong.
    /// - Throws: `Failure`, exit code 65, when it is of another kind.
    @discardableResult
    package func check(_ folder: URL, name: String) throws(Failure) -> ModelKind? {
        guard let type = try Self.modelType(folder) else { return nil }
        let names = kinds.map(\.name)
        let wanted = names.indices.filter { names.firstIndex(of: names[$0]) == $0 }.map { names[$0] }
            .joined(separator: " or ")
        let fix = "give one with \(option), such as \(published)"
        guard let kind = ModelKind(rawValue: type) else {
            throw Failure(
                .unusable, code: "model.kind",
                "\(name): its model_type is \"\(type.prefix(40))\", which is none of ours; \(user) needs \(wanted): \(fix)"
            )
        }
        guard kinds.contains(kind) else {
            throw Failure(
                .unusable, code: "model.kind",
                "\(name) is \(kind.article) model (model_type \"\(type)\"), which is for \(kind.use); \(user) needs \(wanted): \(fix)"
            )
        }
        return kind
    }
}
