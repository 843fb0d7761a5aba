import PerSAM
import SpanielStarters

let sam = try SAM(contentsOf: Starters.samNano)
let persam = PerSAM(sam)
let boot = try persam.learn([
    Example(Picture(contentsOf: Starters.boot), mask: Mask(contentsOf: Starters.bootMask))
])
let scene = try persam.encode(Picture(contentsOf: Starters.shelf))  // slow; once for any number of questions
for object in try persam.find(boot, in: scene) { print(object.box, object.score) }
