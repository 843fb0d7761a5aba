import Foundation
import PerSAM  // re-exports SAM and the picture types

let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../..")
    .standardizedFileURL
let examples = package.appending(path: "Examples")
let cup = examples.appending(path: "boot.jpg")
let cupMask = examples.appending(path: "boot-mask.png")
let jpegData = try Data(contentsOf: examples.appending(path: "shelf.jpg"))
guard FileManager.default.changeCurrentDirectoryPath(package.path(percentEncoded: false)) else {
    fatalError("no \(package)")
}
let start = ContinuousClock.now

// The sample of the README, word for word.
let sam = try SAM(contentsOf: URL(filePath: "Weights/sam-nano"))
let persam = PerSAM(sam)
let mug = try persam.learn([Example(Picture(contentsOf: cup), mask: Mask(contentsOf: cupMask))])
let scene = try persam.encode(Picture(decoding: jpegData))  // once; Sendable; checks for cancellation
for object in try persam.find(mug, in: scene) { print(object.box, object.score) }

let found = try persam.find(mug, in: scene)
print("\(found.count) objects in \(ContinuousClock.now - start)")
guard !found.isEmpty else { fatalError("expected objects in shelf.jpg, found none") }
