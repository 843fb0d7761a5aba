// swift-tools-version: 6.2
import PackageDescription

// The floor plan: a target names exactly the modules that it imports, and nothing imports upward
// (CONTRIBUTING.md, "The house"). `Tests/Manifest/check` holds the plan against the sources. Nobody who uses
// a library compiles the tool or what only it needs.

let openBLAS = TargetDependencyCondition.when(platforms: [.linux], traits: ["OpenBLAS"])
let linux = TargetDependencyCondition.when(platforms: [.linux])

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
]
/// Models hold no unsafe code.
let safe = settings + [.strictMemorySafety()]

let package = Package(
    name: "spaniel",
    platforms: [.macOS(.v15), .iOS(.v18)],
    products: [
        .library(name: "Tensor", targets: ["Tensor"]),
        .library(name: "ViT", targets: ["ViT"]),
        .library(name: "DINOv2", targets: ["DINOv2"]),
        .library(name: "CLIP", targets: ["CLIP"]),
        .library(name: "CLIPSeg", targets: ["CLIPSeg"]),
        .library(name: "OWLViT", targets: ["OWLViT"]),
        .library(name: "SAM", targets: ["SAM"]),
        .library(name: "PerSAM", targets: ["PerSAM"]),
        .library(name: "Spaniel", targets: ["Spaniel"]),
        .library(name: "SpanielImaging", targets: ["SpanielImaging"]),
        .library(name: "SpanielStarters", targets: ["SpanielStarters"]),
        .library(name: "SpanielAnnotations", targets: ["SpanielAnnotations"]),
        .library(name: "SpanielEvaluation", targets: ["SpanielEvaluation"]),
        .library(name: "SpanielHub", targets: ["SpanielHub"]),
        .executable(name: "spaniel", targets: ["SpanielTool"]),
    ],
    traits: [
        .trait(
            name: "OpenBLAS",
            description:
                "Products may use an OpenBLAS found at run time; without it our own kernels serve alone."),
        .default(enabledTraits: ["OpenBLAS"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        // Without the traits that the labelling page has no use for, it compiles a third less.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
    ],
    targets: [
        // System libraries and C
        .target(name: "CSpanielBLAS", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        .target(name: "CSpanielPNG", linkerSettings: [.linkedLibrary("png", .when(platforms: [.linux]))]),
        .target(name: "CSpanielJPEG", linkerSettings: [.linkedLibrary("jpeg", .when(platforms: [.linux]))]),
        .target(name: "CSpanielFormats", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        .target(name: "CSpanielCurl", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        .target(name: "CSpanielPage"),
        .target(name: "CSpanielKernels", cSettings: [.unsafeFlags(["-O3"])]),

        // Pictures, files and numbers
        .target(name: "SpanielPlatform", swiftSettings: settings),
        .target(
            name: "SpanielFiles", dependencies: ["CSpanielKernels", "SpanielPlatform"],
            swiftSettings: settings),
        .target(name: "SpanielJSON", swiftSettings: settings),
        .target(
            name: "SpanielImaging",
            dependencies: [
                "CSpanielKernels", "SpanielFiles", "SpanielPlatform",
                .target(name: "CSpanielPNG", condition: linux),
                .target(name: "CSpanielJPEG", condition: linux),
                .target(name: "CSpanielFormats", condition: linux),
            ], swiftSettings: settings),
        .target(
            name: "Tensor",
            dependencies: [
                "CSpanielKernels", "SpanielFiles", "SpanielJSON", "SpanielPlatform",
                .target(name: "CSpanielBLAS", condition: openBLAS),
            ], swiftSettings: settings),

        // Models
        .target(
            name: "ViT", dependencies: ["SpanielImaging", "SpanielJSON", "SpanielPlatform", "Tensor"],
            swiftSettings: safe),
        .target(
            name: "DINOv2",
            dependencies: ["SpanielFiles", "SpanielImaging", "SpanielPlatform", "Tensor", "ViT"],
            swiftSettings: safe),
        .target(
            name: "CLIP",
            dependencies: [
                "SpanielFiles", "SpanielImaging", "SpanielJSON", "SpanielPlatform", "Tensor", "ViT",
            ],
            swiftSettings: safe),
        .target(
            name: "CLIPSeg",
            dependencies: ["CLIP", "SpanielImaging", "SpanielJSON", "SpanielPlatform", "Tensor"],
            swiftSettings: safe),
        .target(
            name: "OWLViT",
            dependencies: ["CLIP", "SpanielImaging", "SpanielJSON", "SpanielPlatform", "Tensor"],
            swiftSettings: safe),
        .target(
            name: "SAM", dependencies: ["SpanielImaging", "SpanielJSON", "SpanielPlatform", "Tensor"],
            swiftSettings: safe),
        .target(
            name: "PerSAM",
            dependencies: ["SAM", "SpanielImaging", "SpanielJSON", "SpanielPlatform", "Tensor"],
            swiftSettings: safe),
        .target(
            name: "Spaniel",
            dependencies: [
                "CLIP", "CLIPSeg", "DINOv2", "OWLViT", "PerSAM", "SAM", "SpanielImaging", "SpanielPlatform",
                "Tensor",
            ],
            swiftSettings: safe),
        .target(
            name: "SpanielStarters",
            resources: [
                .copy("../../Weights/sam-nano"), .copy("../../Weights/sam-photo"),
                .copy("../../Weights/clipseg-nano"), .copy("../../Weights/owlvit-nano"),
                .copy("../../Examples/boot.jpg"), .copy("../../Examples/boot-mask.png"),
                .copy("../../Examples/shelf.jpg"),
            ], swiftSettings: settings),

        // Around the models
        .target(
            name: "SpanielAnnotations",
            dependencies: [
                "SpanielFiles", "SpanielImaging", "SpanielJSON", "SpanielPlatform",
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        .target(
            name: "SpanielEvaluation",
            dependencies: ["SpanielAnnotations", "SpanielImaging", "SpanielJSON", "SpanielPlatform"],
            swiftSettings: settings),
        .target(
            name: "SpanielHub",
            dependencies: ["CSpanielCurl", "SpanielFiles", "SpanielJSON", "SpanielPlatform", "Tensor"],
            swiftSettings: settings),
        .target(
            name: "SpanielTensors",
            dependencies: [
                "CLIP", "CLIPSeg", "DINOv2", "OWLViT", "SAM", "SpanielFiles", "SpanielImaging", "Tensor",
                "ViT",
            ],
            swiftSettings: safe),
        .target(
            name: "SpanielDrawing", dependencies: ["PerSAM", "SpanielImaging", "SpanielPlatform"],
            swiftSettings: safe),
        .target(
            name: "SpanielStudio",
            dependencies: [
                "CSpanielPage", "OWLViT", "PerSAM", "SAM", "Spaniel", "SpanielAnnotations",
                "SpanielEvaluation", "SpanielFiles", "SpanielImaging", "SpanielJSON", "SpanielPlatform",
                "Tensor",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            exclude: ["Page", "openapi.yaml"], swiftSettings: settings),
        .executableTarget(
            name: "SpanielTool",
            dependencies: [
                "CLIPSeg", "OWLViT", "PerSAM", "Spaniel", "SpanielAnnotations", "SpanielDrawing",
                "SpanielEvaluation", "SpanielFiles",
                "SpanielHub", "SpanielImaging", "SpanielJSON", "SpanielPlatform", "SpanielStudio",
                "SpanielTensors", "Tensor",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: settings),

        // Tests
        .target(
            name: "SpanielTestSupport", dependencies: ["Tensor"], path: "Tests/Support",
            swiftSettings: settings),
    ] + [
        test("SpanielFiles", ["CSpanielKernels", "SpanielTestSupport"]),
        test("SpanielJSON", ["SpanielTestSupport"]),
        test("SpanielImaging", ["SpanielJSON", "SpanielTestSupport"]),
        test(
            "Tensor",
            ["CSpanielKernels", "SpanielFiles", "SpanielJSON", "SpanielPlatform", "SpanielTestSupport"]),
        test(
            "ViT",
            [
                "SpanielImaging", "SpanielJSON", "SpanielPlatform", "SpanielTensors", "SpanielTestSupport",
                "Tensor",
            ]),
        test("DINOv2", ["SpanielJSON", "SpanielTensors", "SpanielTestSupport", "Tensor"]),
        test("CLIP", ["SpanielFiles", "SpanielJSON", "SpanielTensors", "SpanielTestSupport", "Tensor"]),
        test("CLIPSeg", ["SpanielJSON", "SpanielTensors", "SpanielTestSupport", "Tensor"]),
        test("SAM", ["SpanielJSON", "SpanielTensors", "SpanielTestSupport", "Tensor"]),
        test("OWLViT", ["SpanielJSON", "SpanielTensors", "SpanielTestSupport", "Tensor"]),
        test("PerSAM", ["SpanielTestSupport", "Tensor"]),
        test("Spaniel", ["SpanielImaging", "Tensor"]),
        test("SpanielDrawing", ["PerSAM", "SpanielImaging", "SpanielTestSupport"]),
        test("SpanielAnnotations", ["SpanielFiles", "SpanielImaging", "SpanielJSON", "SpanielTestSupport"]),
        test(
            "SpanielEvaluation",
            ["SpanielAnnotations", "SpanielImaging", "SpanielJSON", "SpanielTestSupport"]),
        test("SpanielHub", ["SpanielTestSupport"]),
        test(
            "SpanielStudio",
            [
                "OWLViT", "SAM", "SpanielAnnotations", "SpanielFiles", "SpanielImaging", "SpanielJSON",
                "SpanielPlatform", "SpanielStarters", "SpanielTestSupport", "Tensor",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        test(
            "SpanielTool",
            [
                "PerSAM", "Spaniel", "SpanielAnnotations", "SpanielImaging", "SpanielJSON",
                "SpanielPlatform", "SpanielTestSupport", "Tensor",
            ]),
        .testTarget(
            name: "QualityTests",
            dependencies: [
                "Spaniel", "SpanielAnnotations", "SpanielEvaluation", "SpanielJSON", "SpanielTestSupport",
                "Tensor",
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)

/// The tests of a module, and what else they import.
func test(_ module: Target.Dependency, _ others: [Target.Dependency] = []) -> Target {
    guard case .byNameItem(let name, _) = module else { fatalError("a module's name") }
    return .testTarget(name: "\(name)Tests", dependencies: [module] + others, swiftSettings: settings)
}

// Another package that depends on this one gets the libraries, and resolves nothing that the tool alone needs, above
// all not the labelling page's server and the twenty packages that it brings. While it resolves, SwiftPM reads this file
// out of the repository, as if it stood at the root; then it builds in `checkouts`.
let folders = Context.packageDirectory.split(separator: "/")
if folders.isEmpty || folders.contains("checkouts") {
    let kept = ["Yams"]
    package.products.removeAll { $0.name == "spaniel" }
    package.targets.removeAll { ["SpanielTool", "SpanielStudio"].contains($0.name) || $0.isTest }
    package.dependencies.removeAll { dependency in
        guard case .sourceControl(_, let location, _) = dependency.kind else { return false }
        return !kept.contains { location.hasSuffix("/\($0)") }
    }
}
