public import Foundation

/// The small models that ship with Spaniel and the pictures of the first example, as resources: only a
/// package that names this product carries them.
///
///     let sam = try SAM(contentsOf: Starters.samNano)
///     print(sam.identity.name)  // sam-nano
///
/// They were trained for this project, so that a first run needs no download; real work needs a published
/// model.
public enum Starters {
    /// The folder of a `SAM` of 7.8 MB, for `PerSAM` too.
    public static var samNano: URL { resource("sam-nano", isFolder: true) }
    /// The folder of a `SAM` of 31 MB, for `PerSAM` too, that has seen photographs: slower, and better there.
    public static var samPhoto: URL { resource("sam-photo", isFolder: true) }
    /// The folder of a `CLIPSeg` of 8 MB, which finds masks by words and examples; it knows the names in
    /// `Weights/words.txt`.
    public static var clipSegNano: URL { resource("clipseg-nano", isFolder: true) }
    /// The folder of an `OWLViT` of 8 MB, which finds boxes by words and examples; it knows the names in
    /// `Weights/words.txt`.
    public static var owlViTNano: URL { resource("owlvit-nano", isFolder: true) }

    /// A picture of one boot.
    public static var boot: URL { resource("boot.jpg") }
    /// The mask of the boot in that picture, white on black.
    public static var bootMask: URL { resource("boot-mask.png") }
    /// A picture of two boots among other things.
    public static var shelf: URL { resource("shelf.jpg") }

    private static func resource(_ name: String, isFolder: Bool = false) -> URL {
        Bundle.module.bundleURL.appending(path: name, directoryHint: isFolder ? .isDirectory : .notDirectory)
    }
}
