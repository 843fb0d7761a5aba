// swift-tools-version: 6.2
import PackageDescription

// The targets follow one rule: an arrow is an import and nothing imports upward (CONTRIBUTING.md, "The house").
// Products of the library never reach the argument parser; only the executable does.

let openBLAS = TargetDependencyCondition.when(platforms: [.linux], traits: ["OpenBLAS"])
let linux = TargetDependencyCondition.when(platforms: [.linux])

let package = Package(
    name: "spaniel",
    platforms: [.macOS(.v15), .iOS(.v18)],
    products: [
        .library(name: "Tensor", targets: ["Tensor"]),
        .library(name: "ViT", targets: ["ViT"]),
        .library(name: "CLIP", targets: ["CLIP"]),
        .library(name: "CLIPSeg", targets: ["CLIPSeg"]),
        .library(name: "OWLViT", targets: ["OWLViT"]),
        .library(name: "SAM", targets: ["SAM"]),
        .library(name: "PerSAM", targets: ["PerSAM"]),
        .library(name: "Spaniel", targets: ["Spaniel"]),
        .library(name: "SpanielAnnotations", targets: ["SpanielAnnotations"]),
        .library(name: "SpanielEvaluation", targets: ["SpanielEvaluation"]),
        .library(name: "SpanielHub", targets: ["SpanielHub"]),
        .executable(name: "spaniel", targets: ["SpanielTool"]),
    ],
    traits: [
        .trait(name: "OpenBLAS", description: "Products may use an OpenBLAS found at run time; without it our own kernels serve alone."),
        .default(enabledTraits: ["OpenBLAS"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // System libraries and C
        .target(name: "CSpanielBLAS", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        .target(name: "CSpanielPNG", linkerSettings: [.linkedLibrary("png", .when(platforms: [.linux]))]),
        .target(name: "CSpanielJPEG", linkerSettings: [.linkedLibrary("jpeg", .when(platforms: [.linux]))]),
        .target(name: "CSpanielKernels", cSettings: [.unsafeFlags(["-O3"])]),

        // Pictures, files and numbers
        .target(name: "SpanielFiles"),
        .target(name: "SpanielJSON"),
        .target(
            name: "SpanielImaging",
            dependencies: [
                "CSpanielKernels", "SpanielFiles", .target(name: "CSpanielPNG", condition: linux),
                .target(name: "CSpanielJPEG", condition: linux),
            ]),
        .target(
            name: "Tensor",
            dependencies: ["CSpanielKernels", "SpanielFiles", "SpanielJSON", .target(name: "CSpanielBLAS", condition: openBLAS)]),

        // Models
        .target(name: "ViT", dependencies: ["Tensor", "SpanielImaging", "SpanielJSON"]),
        .target(name: "CLIP", dependencies: ["ViT", "SpanielFiles", "SpanielJSON"]),
        .target(name: "CLIPSeg", dependencies: ["CLIP"]),
        .target(name: "OWLViT", dependencies: ["CLIP"]),
        .target(name: "SAM", dependencies: ["Tensor", "SpanielImaging", "SpanielJSON"]),
        .target(name: "PerSAM", dependencies: ["SAM"]),
        .target(name: "Spaniel", dependencies: ["PerSAM", "CLIPSeg", "OWLViT"]),

        // Around the models
        .target(name: "SpanielAnnotations", dependencies: ["SpanielFiles", "SpanielImaging", "SpanielJSON"]),
        .target(name: "SpanielEvaluation", dependencies: ["SpanielAnnotations", "SpanielImaging", "SpanielJSON"]),
        .target(name: "SpanielHub", dependencies: ["SpanielFiles", "Tensor"]),
        .executableTarget(
            name: "SpanielTool",
            dependencies: [
                "Spaniel", "SpanielAnnotations", "SpanielEvaluation", "SpanielHub", "SpanielFiles", "SpanielJSON", "Tensor",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // Tests
        .target(name: "SpanielTestSupport", dependencies: ["Tensor", "SpanielImaging"], path: "Tests/Support"),
        .testTarget(name: "SpanielFilesTests", dependencies: ["SpanielFiles", "SpanielTestSupport"]),
        .testTarget(name: "SpanielJSONTests", dependencies: ["SpanielJSON"]),
        .testTarget(name: "SpanielImagingTests", dependencies: ["SpanielImaging", "SpanielJSON", "SpanielTestSupport"]),
        .testTarget(name: "TensorTests", dependencies: ["CSpanielKernels", "Tensor", "SpanielFiles", "SpanielJSON", "SpanielTestSupport"]),
        .testTarget(name: "ViTTests", dependencies: ["ViT", "SpanielJSON", "SpanielTestSupport"]),
        .testTarget(name: "CLIPTests", dependencies: ["CLIP", "SpanielJSON", "SpanielTestSupport"]),
        .testTarget(name: "CLIPSegTests", dependencies: ["CLIPSeg", "SpanielJSON", "SpanielTestSupport"]),
        .testTarget(name: "SAMTests", dependencies: ["SAM", "SpanielTestSupport"]),
        .testTarget(name: "OWLViTTests", dependencies: ["OWLViT", "SpanielTestSupport"]),
        .testTarget(name: "PerSAMTests", dependencies: ["PerSAM", "SpanielTestSupport"]),
        .testTarget(name: "SpanielTests", dependencies: ["Spaniel", "SpanielTestSupport"]),
        .testTarget(name: "SpanielAnnotationsTests", dependencies: ["SpanielAnnotations", "SpanielTestSupport"]),
        .testTarget(
            name: "SpanielEvaluationTests", dependencies: ["SpanielEvaluation", "SpanielAnnotations", "SpanielJSON", "SpanielTestSupport"]),
        .testTarget(
            name: "QualityTests", dependencies: ["Spaniel", "SpanielAnnotations", "SpanielEvaluation", "SpanielJSON", "SpanielTestSupport"]),
        .testTarget(name: "SpanielHubTests", dependencies: ["SpanielHub", "SpanielTestSupport"]),
        .testTarget(name: "SpanielToolTests", dependencies: ["SpanielTool", "SpanielJSON", "SpanielTestSupport"]),
    ],
    swiftLanguageModes: [.v6]
)
