// swift-tools-version: 6.2
import PackageDescription

// A package of its own that uses Spaniel, as yours would. Yours writes the version and the address of the
// repository:
//     .package(url: "…/spaniel", from: "0.1.0")
// The name is given because a path is otherwise known by its last folder, and a clone may lie in a folder of
// any name.
let package = Package(
    name: "Consumer",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "spaniel", path: "../..")],
    targets: [
        .executableTarget(
            name: "Consumer",
            dependencies: [
                .product(name: "PerSAM", package: "spaniel"),
                .product(name: "SpanielStarters", package: "spaniel"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
