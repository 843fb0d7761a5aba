import PerSAM
import SpanielStarters  // the small model that ships, and the pictures of this example

let persam = try PerSAM(SAM(contentsOf: Starters.samNano))
let example = try Example(Picture(contentsOf: Starters.boot), mask: Mask(contentsOf: Starters.bootMask))
let boot = try persam.learn([example])
let scene = try persam.encode(Picture(contentsOf: Starters.shelf))
for object in try persam.find(boot, in: scene) { print(object.box, object.score) }
