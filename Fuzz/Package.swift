// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that nobody who uses the library builds it. `Fuzz/run` builds the fuzzer with
// libFuzzer and the address sanitizer; `Tests/Parity/verdicts.py` builds the other program without.
let package = Package(
    name: "SpanielFuzz",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "spaniel-fuzz", targets: ["Fuzzer"]),
        .executable(name: "spaniel-verdicts", targets: ["Verdicts"]),
    ],
    dependencies: [.package(name: "spaniel", path: "..")],
    targets: [
        .target(
            name: "Readers",
            dependencies: ["CLIP", "SAM", "SpanielImaging", "Tensor"].map {
                .product(name: $0, package: "spaniel")
            }),
        // libFuzzer brings the main function.
        .executableTarget(
            name: "Fuzzer", dependencies: ["Readers"],
            swiftSettings: [.unsafeFlags(["-parse-as-library"])]),
        .executableTarget(name: "Verdicts", dependencies: ["Readers"]),
    ],
    swiftLanguageModes: [.v6]
)
