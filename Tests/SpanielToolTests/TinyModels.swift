import Foundation
import SpanielJSON
import Testing

/// Models of a few kilobytes and random weights: they find nonsense, in the right form.
enum TinyModels {
    static let clipseg = "\(Tool.root)Tests/Goldens/CLIPSeg/plain"
    static let otherCLIPSeg = "\(Tool.root)Tests/Goldens/CLIPSeg/refined"
    static let owlvit = "\(Tool.root)Tests/Goldens/OWLViT/v1"
    static let owlv2 = "\(Tool.root)Tests/Goldens/OWLViT/v2"
    static let clip = "\(Tool.root)Tests/Goldens/CLIP/tiny"
    static let dinov2 = "\(Tool.root)Tests/Goldens/DINOv2/registers"
    static let sam2 = "\(Tool.root)Tests/Goldens/SAM2/tiny"
    static let vit = "\(Tool.root)Tests/Goldens/ViT/tiny"
}

extension Tool.Run {
    /// The objects of each line as text, to compare runs by.
    var objects: [String?] { get throws { try records.map { $0["objects"]?.text() } } }
}
