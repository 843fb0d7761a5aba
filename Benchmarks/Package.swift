// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that nobody who uses the library builds it. The name is given because a path is
// otherwise known by its last folder, and a clone may lie in a folder of any name.
let package = Package(
    name: "SpanielBenchmarks",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "spaniel-bench", targets: ["SpanielBench"])],
    dependencies: [.package(name: "spaniel", path: "..")],
    targets: [
        .target(name: "CLimits", cSettings: [.unsafeFlags(["-O3"])]),
        .executableTarget(
            name: "SpanielBench",
            dependencies: ["CLimits"]
                + ["Tensor", "SAM", "ViT", "DINOv2", "CLIPSeg", "OWLViT", "Spaniel"].map {
                    .product(name: $0, package: "spaniel")
                }
        ),
    ],
    swiftLanguageModes: [.v6]
)
