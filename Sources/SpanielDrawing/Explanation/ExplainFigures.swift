import PerSAM
import SpanielImaging

extension ExplainPage {
    /// The longest side of a picture in the page, in pixels.
    static let longestSide = 1000
    /// The longest side of a thumbnail in pixels, twice its size on the page.
    private static let thumbnailSide = 144
    private static let rejected = Palette.Color(red: 235, green: 235, blue: 235)

    /// Returns the size at which a picture is shown: its own, or smaller.
    static func shown(_ size: Size, within side: Int) -> Size {
        let scale = min(1, Double(side) / Double(max(size.width, size.height)))
        func scaled(_ length: Int) -> Int { max(1, Int((Double(length) * scale).rounded())) }
        return Size(width: scaled(size.width), height: scaled(size.height))
    }

    // MARK: The picture with what was found

    func foundFigure() -> String {
        let objects = findings.objects.enumerated().map { index, object in
            let number = candidate(of: object).map { "\($0 + 1) " } ?? ""
            return Drawing.Object(
                mask: object.mask.resizedNearest(to: view.size), box: scaled(object.box),
                label: Drawing.label(class: number + object.className, score: Double(object.score)),
                color: Palette.color(index))
        }
        let names = findings.objects.map { "\($0.className) \(HTML.decimals($0.score))" }.joined(
            separator: ", ")
        let alternative =
            objects.isEmpty
            ? "The picture; nothing was found in it." : "The picture with what was found: \(names)."
        return figure(
            Drawing.overlay(on: view, objects: objects), alternative: alternative,
            caption: objects.isEmpty ? "Nothing found" : "Found")
    }

    // MARK: Similarity

    func similarityFigure(_ map: PerSAM.SimilarityMap) -> String {
        let inside = 2 * map.threshold - map.background
        let highest = max(inside, map.values.filter(\.isFinite).max() ?? inside, map.background + 0.01)
        let extent = Box(
            x1: map.extent.x1 * Double(map.columns), y1: map.extent.y1 * Double(map.rows),
            x2: map.extent.x2 * Double(map.columns),
            y2: map.extent.y2 * Double(map.rows))
        let picture = HeatMap.overlay(
            map.values, columns: map.columns, rows: map.rows, region: extent, range: map.background...highest,
            on: view)
        let name = HTML.escaped(map.className)
        let peaks = findings.candidates.indices.filter { findings.candidates[$0].className == map.className }
        let caption = """
            Similarity to <bdi>\(name)</bdi>, with the \(HTML.count(peaks.count, "place")) that \(peaks.count == 1 ? "was" : "were") looked at
            \(scale(from: map.background, to: highest, mark: map.threshold))
            """
        let alternative =
            "How similar each part of the picture is to \(map.className), as colours; numbers mark the places looked at."
        return figure(picture, alternative: alternative, caption: caption, over: markers(peaks))
    }

    /// Returns the scale of the colours, from the background's similarity to the highest, with a mark at the
    /// similarity from which places are segmented.
    private func scale(from low: Float, to high: Float, mark: Float) -> String {
        let colors = (0...9).map { HTML.css(HeatMap.color(Float($0) / 9)) }.joined(separator: ",")
        let share = HTML.decimals(100 * max(0, min(1, (mark - low) / (high - low))), 1)
        return """
            <span class="scale"><span>\(HTML.decimals(low)), as the examples’ background</span>\
            <span class="ramp" style="background:linear-gradient(90deg,\(colors))" aria-hidden="true"><i style="left:\(share)%"></i></span>\
            <span>\(HTML.decimals(high))</span></span><span class="note">Places are looked at from \(HTML.decimals(mark)), the white line.</span>
            """
    }

    /// Returns numbers at the candidates' places, each a link to its row.
    private func markers(_ peaks: [Int]) -> String {
        let radius = 0.018 * Double(max(view.width, view.height))
        // Later ones are drawn first, so that the most similar are on top.
        let circles = peaks.reversed().map { index in
            let candidate = findings.candidates[index]
            let at = scaled(candidate.point)
            let color = object(of: index).map { Palette.color($0) }
            let style = color.map { " style=\"fill:\(HTML.css($0));stroke:\(HTML.css($0.contrast))\"" } ?? ""
            let ink = color.map { " style=\"fill:\(HTML.css($0.contrast))\"" } ?? ""
            let (x, y) = (HTML.decimals(at.x, 1), HTML.decimals(at.y, 1))
            return """
                <a href="#candidate-\(index + 1)"><title>\(HTML.escaped("\(index + 1): \(reason(index))"))</title>\
                <circle cx="\(x)" cy="\(y)" r="\(HTML.decimals(radius, 1))"\(style)/>\
                <text x="\(x)" y="\(y)" font-size="\(HTML.decimals(1.2 * radius, 1))"\(ink)>\(index + 1)</text></a>
                """
        }
        return
            "<svg viewBox=\"0 0 \(view.width) \(view.height)\">\n\(circles.joined(separator: "\n"))\n</svg>"
    }

    private func figure(_ picture: Picture, alternative: String, caption: String, over: String = "") -> String
    {
        """
        <figure style="max-width:\(max(480, picture.width))px"><div class="picture">\
        <img src="\(HTML.dataURI(picture))" width="\(picture.width)" height="\(picture.height)" alt="\(HTML.escaped(alternative))">\
        \(over)</div>
        <figcaption>\(caption)</figcaption></figure>
        """
    }

    // MARK: Thumbnails

    /// Returns the part of the picture around a candidate, a third wider than its box.
    func thumbnail(_ index: Int) -> String {
        let candidate = findings.candidates[index]
        let least = Double(max(picture.width, picture.height)) / 12
        let around =
            candidate.box
            ?? Box(x1: candidate.point.x, y1: candidate.point.y, x2: candidate.point.x, y2: candidate.point.y)
        let side = max(least, 4 / 3 * max(around.width, around.height))
        func part(_ center: Double, _ length: Int) -> Range<Int> {
            let extent = max(1, Int(min(Double(length), side)))
            let start = Int(max(0, min(Double(length - extent), (center - Double(extent) / 2).rounded())))
            return start..<start + extent
        }
        let (columns, rows) = (part(around.center.x, picture.width), part(around.center.y, picture.height))
        let cut = picture.cropped(columns: columns, rows: rows)
        let small = cut.resized(to: Self.shown(cut.size, within: Self.thumbnailSide))
        let mask = candidate.mask.map { mask in
            Mask(width: small.width, height: small.height) { x, y in
                mask[
                    columns.lowerBound + (2 * x + 1) * columns.count / (2 * small.width),
                    rows.lowerBound + (2 * y + 1) * rows.count / (2 * small.height)]
            }
        }
        let color = object(of: index).map { Palette.color($0) } ?? Self.rejected
        let drawn = Drawing.overlay(on: small, objects: [.init(mask: mask, color: color)])
        return
            "<img src=\"\(HTML.dataURI(drawn))\" width=\"\(max(1, small.width / 2))\" height=\"\(max(1, small.height / 2))\" "
            + "alt=\"Number \(index + 1), near by\">"
    }
}
