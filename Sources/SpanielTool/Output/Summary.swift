import PerSAM

/// The results for people: one block a picture.
package enum Summary {
    /// ```
    /// photos/1.jpg  1280 × 960, 2 objects, 340 ms
    ///   1  mug  0.91  box 212,80 – 430,391  51234 px
    ///   nothing more like it: best peak 0.58 under threshold 0.62
    ///   wrote found/1.overlay.png and 2 masks
    /// ```
    package static func block(
        image: String, size: Size, result: PictureResult, milliseconds: Double, written: [String] = []
    ) -> String {
        let count = result.objects.count
        let found = count == 0 ? "nothing" : count == 1 ? "1 object" : "\(count) objects"
        var lines = ["\(line(image))  \(size.width) × \(size.height), \(found), \(decimals(milliseconds, 0)) ms"]
        let classWidth = result.objects.map { line($0.className).count }.max() ?? 0
        let numberWidth = String(count).count
        for (index, object) in result.objects.enumerated() {
            let number = left(String(index + 1), numberWidth)
            let name = right(line(object.className), classWidth)
            lines.append("  \(number)  \(name)  \(decimals(object.score, 2))  box \(box(object.box))  \(object.mask.area) px")
        }
        if let stop = result.stop { lines.append("  " + words(stop, found: count)) }
        if let first = written.first {
            lines.append(
                "  wrote \(line(first))" + (written.count == 2 ? " and 1 mask" : written.count > 2 ? " and \(written.count - 1) masks" : "")
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Why the search ended, in words.
    package static func words(_ stop: PictureResult.Stop, found: Int) -> String {
        let more = found == 0 ? "nothing like it" : "nothing more like it"
        switch stop.reason {
        case "below-threshold":
            guard let peak = stop.peak, let threshold = stop.threshold else { return more }
            // Rounded the same way, 0.618 under 0.622 would read "0.62 under 0.62".
            let digits = decimals(peak, 2) == decimals(threshold, 2) ? 4 : 2
            return "\(more): best peak \(decimals(peak, digits)) under threshold \(decimals(threshold, digits))"
        case "max-objects": return "stopped at --max-objects; there may be more"
        case "single": return "looked for one object only (--single)"
        case "exhausted": return "\(more): the similar places that were left held no new object"
        case "nothing-left": return "\(more): every similar place was looked at"
        case "empty-mask": return "the original arithmetic gave an empty mask"
        default: return "\(more): \(stop.reason)"
        }
    }

    private static func box(_ box: Box) -> String {
        func number(_ value: Double) -> String { value == value.rounded() ? decimals(value, 0) : decimals(value, 1) }
        return "\(number(box.x1)),\(number(box.y1)) – \(number(box.x2)),\(number(box.y2))"
    }

    /// A name on one line: a file name may hold a line break, or an escape that would drive the terminal.
    package static func line(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }))
    }

    private static func left(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
    private static func right(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
}
