public import Foundation

/// The small models that ship with Spaniel, and the pictures of the first example, as resources of whoever
/// names this product.
///
///     let sam = try SAM(contentsOf: Starters.samNano)
///
/// They were trained for this project, so that a first run needs no download. Real work wants a published
/// model.
public enum Starters {
    /// A `SAM` of 7.8 MB, for `PerSAM` too.
    public static var samNano: URL { resource("sam-nano", isFolder: true) }
    /// A `CLIPSeg` of 8 MB: words and examples to masks. It knows the names in `Weights/words.txt`.
    public static var clipSegNano: URL { resource("clipseg-nano", isFolder: true) }
    /// An `OWLViT` of 8 MB: words and examples to boxes. It knows the names in `Weights/words.txt`.
    public static var owlViTNano: URL { resource("owlvit-nano", isFolder: true) }

    /// A picture of one boot.
    public static var boot: URL { resource("boot.jpg") }
    /// The boot's mask in that picture: white on black.
    public static var bootMask: URL { resource("boot-mask.png") }
    /// A picture with two boots among other things.
    public static var shelf: URL { resource("shelf.jpg") }

    private static func resource(_ name: String, isFolder: Bool = false) -> URL {
        Bundle.module.bundleURL.appending(path: name, directoryHint: isFolder ? .isDirectory : .notDirectory)
    }
}
