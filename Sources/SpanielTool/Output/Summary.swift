package import PerSAM
import SpanielDrawing

/// The results for people: one block a picture.
package enum Summary {
    /// ```
    /// photos/1.jpg  1280 × 960, 2 objects by dinov2-small, 340 ms
    ///   1  mug  0.91  box 212,80 – 430,391  51234 px
    ///   nothing more like it: best peak 0.58 under threshold 0.62
    ///   wrote found/1.overlay.png and 2 masks
    /// ```
    ///
    /// - Parameters:
    ///   - features: the model that told objects apart, if that was another than the main one.
    ///   - milliseconds: nil for a result that an earlier run kept.
    package static func block(
        image: String, size: Size, result: PictureResult, features: String? = nil, milliseconds: Double?,
        written: [String] = []
    ) -> String {
        let count = result.objects.count
        let found = result.classes.map { kinds($0.count) } ?? objects(count)
        let by = features.map { " by \($0.onOneLine)" } ?? ""
        let time = milliseconds.map { "\(decimals($0, 0)) ms" } ?? "kept"
        var lines = ["\(image.onOneLine)  \(size.width) × \(size.height), \(found)\(by), \(time)"]
        lines += result.classes.map(block(classes:)) ?? []
        let classWidth = result.objects.map { $0.className.onOneLine.count }.max() ?? 0
        let numberWidth = String(count).count
        for (index, object) in result.objects.enumerated() {
            let number = left(String(index + 1), numberWidth)
            let name = right(object.className.onOneLine, classWidth)
            let area = object.area.map { "  \($0) px" } ?? ""
            lines.append("  \(number)  \(name)  \(decimals(object.score, 2))  box \(box(object.box))\(area)")
        }
        lines += result.absent.map { "  " + words($0, alone: count == 0 && result.absent.count == 1) }
        lines += result.rejected.map { "  " + words(rejected: $0) }
        if let stop = result.stop { lines.append("  " + words(stop, found: count)) }
        if let first = written.first {
            let more = written.count - 1
            let kind = written.dropFirst().allSatisfy { $0.hasSuffix(".mask.png") } ? "mask" : "file"
            lines.append(
                "  wrote \(first.onOneLine)" + (more > 0 ? " and \(more) \(kind)\(more == 1 ? "" : "s")" : "")
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Why the search ended, in words.
    package static func words(_ stop: PerSAM.Stop, found: Int) -> String {
        let more = found == 0 ? "nothing like it" : "nothing more like it"
        switch stop.reason {
        case .belowThreshold:
            guard let peak = stop.peak else { return more }
            let (best, least) = apart(peak, stop.threshold)
            return "\(more): best peak \(best) under threshold \(least)"
        case .maximumObjects: return "stopped at --max-objects; there may be more"
        case .single: return "looked for one object only (--single)"
        case .exhausted: return "\(more): the similar places that were left held no new object"
        case .nothingLeft: return "\(more): every similar place was looked at"
        case .emptyMask: return "the original arithmetic gave an empty mask"
        }
    }

    /// How near a class came that is not there.
    package static func words(_ absence: PictureResult.Absence, alone: Bool) -> String {
        let (best, threshold) = apart(absence.best, absence.threshold)
        return
            "\(alone ? "nothing here" : "no \(absence.className.onOneLine)"): best \(best) (below \(threshold))"
    }

    private static func words(rejected object: PictureResult.Object) -> String {
        let parts = object.scores.map { "\($0.name) \(decimals($0.value, 2))" }.joined(separator: ", ")
        return "not \(object.className.onOneLine): box \(box(object.box)), \(parts)"
    }

    private static func block(classes: [PictureResult.ClassScore]) -> [String] {
        let width = classes.map { $0.className.onOneLine.count }.max() ?? 0
        return classes.map { "  \(right($0.className.onOneLine, width))  \(decimals($0.score, 2))" }
    }

    private static func objects(_ count: Int) -> String {
        count == 0 ? "nothing" : count == 1 ? "1 object" : "\(count) objects"
    }
    private static func kinds(_ count: Int) -> String {
        count == 0 ? "no class" : count == 1 ? "1 class" : "\(count) classes"
    }

    /// Two numbers with as many decimals as it takes to tell them apart: rounded the same way, 0.618 under
    /// 0.622 would read "0.62 under 0.62".
    private static func apart(_ a: Float, _ b: Float) -> (String, String) {
        let digits = decimals(a, 2) == decimals(b, 2) ? 4 : 2
        return (decimals(a, digits), decimals(b, digits))
    }

    static func box(_ box: Box) -> String {
        func number(_ value: Double) -> String {
            value == value.rounded() ? decimals(value, 0) : decimals(value, 1)
        }
        return "\(number(box.x1)),\(number(box.y1)) – \(number(box.x2)),\(number(box.y2))"
    }

    private static func left(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
    private static func right(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
