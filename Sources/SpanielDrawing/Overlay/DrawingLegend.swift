public import SpanielImaging

extension Drawing {
    /// Draws a legend for the whole picture: plates with text, one below the other from the top left corner.
    /// Entries that do not fit are left out.
    public static func legend(on picture: Picture, entries: [(text: String, color: Palette.Color)]) -> Picture
    {
        let em = Style(for: picture.size).em
        let (padding, height) = ((em * 0.3).rounded(), Int((em * 1.3).rounded()))
        let gap = max(1, height / 8)
        var canvas = Canvas(picture)
        var top = gap
        for entry in entries {
            let text = LabelPlacer.shortened(
                entry.text, to: (Double(picture.width - 2 * gap) - 2 * padding) / em)
            let width = Int((Glyphs.width(of: text) * em).rounded(.up) + 2 * padding)
            guard !text.isEmpty, gap + width <= picture.width, top + height <= picture.height else { break }
            canvas.tag(
                PlacedLabel(text: text, x: gap..<gap + width, y: top..<top + height), em: em, entry.color)
            top += height + gap
        }
        return canvas.picture
    }
}
