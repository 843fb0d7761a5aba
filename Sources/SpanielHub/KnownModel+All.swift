// Ids, sizes and licences as the hub's own pages gave them. Where a publisher's main revision has no
// safetensors, `pull` takes the conversion by the hub's own robot, or `revision` names it.
extension KnownModel {
    /// The models there are names for, those that ship first.
    public static let all: [KnownModel] = [
        KnownModel(
            "sam-nano", nil, .sam, megabytes: 7.8, "Apache-2.0", "a first try and tests; ships"),
        KnownModel(
            "sam-photo", nil, .sam, megabytes: 31.4, "Apache-2.0, MIT", "one example in photographs; ships"),
        KnownModel(
            "clipseg-nano", nil, .clipseg, megabytes: 8.7, "Apache-2.0", "a first try and tests; ships"),
        KnownModel(
            "owlvit-nano", nil, .owlvit, megabytes: 8.7, "Apache-2.0", "a first try and tests; ships"),

        KnownModel(
            "slimsam-77", "Zigeng/SlimSAM-uniform-77", .sam, megabytes: 38.9, "Apache-2.0",
            "SAM pruned to a tenth: the small one for a CPU"),
        KnownModel(
            "slimsam-50", "Zigeng/SlimSAM-uniform-50", .sam, megabytes: 112, "Apache-2.0",
            "SAM pruned to a third"),
        KnownModel(
            "mobile-sam", "dhkim2810/MobileSAM", .mobileSAM, megabytes: 40.7, "MIT",
            "SAM with a small encoder, for a CPU", file: "mobile_sam.pt"),
        KnownModel(
            "sam-base", "facebook/sam-vit-base", .sam, megabytes: 375, "Apache-2.0",
            "the usual SAM: find and mask"),
        KnownModel(
            "sam-large", "facebook/sam-vit-large", .sam, megabytes: 1250, "Apache-2.0",
            "better borders than base, slower"),
        KnownModel(
            "sam-huge", "facebook/sam-vit-huge", .sam, megabytes: 2560, "Apache-2.0",
            "the best of SAM 1, slowest"),
        KnownModel(
            "sam2.1-tiny", "facebook/sam2.1-hiera-tiny", .sam2, megabytes: 156, "Apache-2.0",
            "SAM 2.1, the quickest"),
        KnownModel(
            "sam2.1-small", "facebook/sam2.1-hiera-small", .sam2, megabytes: 184, "Apache-2.0",
            "SAM 2.1, a little better than tiny"),
        KnownModel(
            "sam2.1-base-plus", "facebook/sam2.1-hiera-base-plus", .sam2, megabytes: 324, "Apache-2.0",
            "SAM 2.1, in the middle"),
        KnownModel(
            "sam2.1-large", "facebook/sam2.1-hiera-large", .sam2, megabytes: 898, "Apache-2.0",
            "SAM 2.1, the best"),

        KnownModel(
            "dinov2-small", "facebook/dinov2-small", .dinov2, megabytes: 88.2, "Apache-2.0",
            "features that tell objects apart, quick"),
        KnownModel(
            "dinov2-base", "facebook/dinov2-base", .dinov2, megabytes: 346, "Apache-2.0",
            "features that tell objects apart"),
        KnownModel(
            "dinov2-large", "facebook/dinov2-large", .dinov2, megabytes: 1217, "Apache-2.0",
            "better features, slow"),
        KnownModel(
            "dinov2-giant", "facebook/dinov2-giant", .dinov2, megabytes: 4546, "Apache-2.0",
            "the best features, very slow"),
        KnownModel(
            "dinov2-registers-small", "facebook/dinov2-with-registers-small", .dinov2, megabytes: 88.3,
            "Apache-2.0", "as dinov2-small, with cleaner maps"),
        KnownModel(
            "dinov2-registers-base", "facebook/dinov2-with-registers-base", .dinov2, megabytes: 346,
            "Apache-2.0", "as dinov2-base, with cleaner maps"),
        KnownModel(
            "dinov2-registers-large", "facebook/dinov2-with-registers-large", .dinov2, megabytes: 1217,
            "Apache-2.0", "as dinov2-large, with cleaner maps"),
        KnownModel(
            "dinov2-registers-giant", "facebook/dinov2-with-registers-giant", .dinov2, megabytes: 4546,
            "Apache-2.0", "as dinov2-giant, with cleaner maps"),

        KnownModel(
            "clipseg", "CIDAS/clipseg-rd64-refined", .clipseg, megabytes: 605, "Apache-2.0",
            "words or an example to pixels: segment"),
        KnownModel(
            "owlvit-b32", "google/owlvit-base-patch32", .owlvit, megabytes: 615, "Apache-2.0",
            "words or examples to boxes, the quickest: detect"),
        KnownModel(
            "owlvit-b16", "google/owlvit-base-patch16", .owlvit, megabytes: 613, "Apache-2.0",
            "words or examples to boxes, finer",
            revision: "10e84248055232dfc4786bfead6206c3128d95ad"),
        KnownModel(
            "owlvit-l14", "google/owlvit-large-patch14", .owlvit, megabytes: 1742, "Apache-2.0",
            "words or examples to boxes, slow", revision: "refs/pr/8"),
        KnownModel(
            "owlv2", "google/owlv2-base-patch16-ensemble", .owlv2, megabytes: 622, "Apache-2.0",
            "words or examples to boxes, the better base"),
        KnownModel(
            "clip-b32", "openai/clip-vit-base-patch32", .clip, megabytes: 609, "MIT",
            "whole pictures by words: classify, find --text"),
        KnownModel(
            "clip-b16", "openai/clip-vit-base-patch16", .clip, megabytes: 603, "MIT",
            "whole pictures by words, finer"),
        KnownModel(
            "clip-l14", "openai/clip-vit-large-patch14", .clip, megabytes: 1714, "MIT",
            "whole pictures by words, the best"),
        KnownModel(
            "vit-b16", "google/vit-base-patch16-224", .vit, megabytes: 346, "Apache-2.0",
            "whole pictures into ImageNet's 1,000 classes: classify"),
    ]

    /// Seconds to encode one picture in float32 on two cores that do 231 GFLOP/s (AMD EPYC with AVX-512,
    /// 2026-11-29; slimsam-77 2026-12-01), from `make bench` and the records of `spaniel … --json`; a model that
    /// is not here was not measured.
    static let measured: [String: Double] = [
        "sam-nano": 0.03, "clipseg-nano": 0.02, "owlvit-nano": 0.01, "slimsam-77": 0.56, "mobile-sam": 0.47,
        "sam-base": 4.8, "sam2.1-tiny": 1.6, "sam2.1-base-plus": 3.7, "dinov2-small": 0.48,
    ]
}
