import SpanielDrawing
import PerSAM

/// The picture with what was found drawn in.
enum Overlay {
    /// - Parameter classes: those of the run. Several classes have a colour each; of a single one, each
    ///   object has its own.
    static func draw(_ result: PictureResult, on picture: Picture, classes: [String]) -> Picture {
        let objects = result.objects.enumerated().map { index, object in
            let color = classes.count > 1 ? classes.firstIndex(of: object.className) ?? classes.count : index
            return Drawing.Object(
                mask: object.mask, box: object.box,
                label: Drawing.label(class: object.className, score: Double(object.score)),
                color: Palette.color(color))
        }
        let overlay = Drawing.overlay(on: picture, objects: objects)
        guard let classes = result.classes else { return overlay }
        return Drawing.legend(
            on: overlay,
            entries: classes.enumerated().map { index, entry in
                (Drawing.label(class: entry.className, score: Double(entry.score)), Palette.color(index))
            })
    }
}
