public import PerSAM
public import SpanielImaging

/// A self-contained HTML page that explains one picture's findings: the objects, the similarity maps, and
/// each candidate with the reason why it counts or does not.
///
///     let page = ExplainPage(picture: picture, name: "1.jpg", findings: findings, threshold: 0.7)
///     try page.html().write(toFile: "1.html", atomically: true, encoding: .utf8)
///
/// Pictures are inside the page, which contains no script and loads nothing from elsewhere.
public struct ExplainPage: Sendable {
    let picture: Picture
    let name: String
    let findings: PerSAM.Findings
    private let thresholds: [String: Float]
    private let threshold: Float
    private let features: String?
    /// The picture at the size at which the page shows it.
    let view: Picture
    /// The candidates' masks at the same size.
    let masks: [Mask?]

    /// A page for one picture.
    /// - Parameters:
    ///   - picture: the picture that was searched.
    ///   - name: the picture's name on the page.
    ///   - findings: what `PerSAM.find` returned.
    ///   - threshold: the score from which an object counts, 0…1.
    ///   - thresholds: the thresholds of single classes by name, if they differ.
    ///   - features: the model whose features are compared, if it is not the one that draws the masks.
    public init(
        picture: Picture, name: String, findings: PerSAM.Findings, threshold: Float,
        thresholds: [String: Float] = [:], features: String? = nil
    ) {
        (self.picture, self.name, self.findings) = (picture, name, findings)
        (self.threshold, self.thresholds, self.features) = (threshold, thresholds, features)
        let size = Self.shown(picture.size, within: Self.longestSide)
        view = size == picture.size ? picture : picture.resized(to: size)
        masks = findings.candidates.map { $0.mask?.resizedNearest(to: size) }
    }

    /// Returns the whole page.
    public func html() -> String {
        let title = HTML.escaped(name)
        let maps = findings.similarity.map(similarityFigure).joined(separator: "\n")
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
            <title>\(title): \(summary)</title>
            <style>
            \(Self.style)
            </style>
            </head>
            <body>
            <header>
            <h1><bdi>\(title)</bdi></h1>
            <p class="summary">\(summary)</p>
            <p>\(HTML.escaped(findings.stop.words(afterLooking: !findings.candidates.isEmpty)))\(comparedBy)</p>
            </header>
            <main>
            <div class="figures">
            \(foundFigure())
            \(maps)
            </div>
            \(classes.map(section).joined(separator: "\n"))
            </main>
            <footer>\(picture.width) × \(picture.height) pixels. Made by <code>spaniel find --explain</code>.</footer>
            </body>
            </html>

            """
    }

    func threshold(of className: String) -> Float { thresholds[className] ?? threshold }

    private var comparedBy: String {
        features.map { " Similarity is by the features of <bdi>\(HTML.escaped($0))</bdi>." } ?? ""
    }

    private var summary: String {
        let looked = findings.candidates.count
        return
            "\(findings.isEmpty ? "Nothing" : HTML.count(findings.count, "object")) found, \(HTML.count(looked, "place")) looked at"
    }

    /// The classes, in the order they were searched.
    private var classes: [String] {
        var seen: Set<String> = []
        return (findings.similarity.map(\.className) + findings.candidates.map(\.className)).filter {
            seen.insert($0).inserted
        }
    }

    // MARK: Candidates

    private func section(_ className: String) -> String {
        let indices = findings.candidates.indices.filter { findings.candidates[$0].className == className }
        let found = findings.objects.filter { $0.className == className }.count
        let name = HTML.escaped(className)
        let facts =
            "\(found == 0 ? "None" : "\(found)") found; a score of \(HTML.decimals(threshold(of: className))) or more counts."
        guard !indices.isEmpty else {
            return
                "<section>\n<h2><bdi>\(name)</bdi></h2>\n<p>\(facts) No place is similar enough to be looked at.</p>\n</section>"
        }
        return """
            <section>
            <h2><bdi>\(name)</bdi></h2>
            <p>\(facts)</p>
            <div class="table" role="region" tabindex="0" aria-label="What was looked at: \(name)">
            <table>
            <thead><tr><th scope="col">No.</th><th scope="col">Place</th><th scope="col">Verdict</th><th scope="col" class="number">Peak</th>\
            <th scope="col" class="number">Score</th><th scope="col" class="number">Similarity</th>\
            <th scope="col" class="number">Predicted IoU</th><th scope="col" class="number">Box (x1, y1, x2, y2)</th></tr></thead>
            <tbody>
            \(indices.map(row).joined(separator: "\n"))
            </tbody>
            </table>
            </div>
            </section>
            """
    }

    private func row(_ index: Int) -> String {
        let candidate = findings.candidates[index]
        func cell(_ text: String?) -> String { "<td class=\"number\">\(text ?? "–")</td>" }
        let box = candidate.box.map { box in
            [box.x1, box.y1, box.x2, box.y2].map { HTML.decimals($0, 0) }.joined(separator: ", ")
        }
        let color =
            object(of: index).map { " style=\"border-left-color:\(HTML.css(Palette.color($0)))\"" } ?? ""
        return """
            <tr id="candidate-\(index + 1)" class="\(candidate.verdict.rawValue)"><th scope="row"\(color)>\(index + 1)</th>\
            <td>\(thumbnail(index))</td><td class="verdict">\(HTML.escaped(reason(index)))</td>\(cell(HTML.decimals(candidate.peak)))\
            \(cell(candidate.score.map { HTML.decimals($0) }))\(cell(candidate.similarity.map { HTML.decimals($0) }))\
            \(cell(candidate.predictedIoU.map { HTML.decimals($0) }))\(cell(box))</tr>
            """
    }

    // MARK: Objects and candidates

    /// Returns the index of the object that an accepted candidate became.
    func object(of index: Int) -> Int? {
        let candidate = findings.candidates[index]
        return candidate.verdict == .accepted
            ? findings.objects.firstIndex { Self.isSame($0, candidate) } : nil
    }

    /// Returns the index of the candidate that became an object.
    func candidate(of object: PerSAM.FoundObject) -> Int? {
        findings.candidates.firstIndex { $0.verdict == .accepted && Self.isSame(object, $0) }
    }

    private static func isSame(_ object: PerSAM.FoundObject, _ candidate: PerSAM.Candidate) -> Bool {
        object.className == candidate.className && object.box == candidate.box
            && object.score == candidate.score
    }

    // MARK: Geometry

    func scaled(_ point: Point) -> Point {
        Point(
            x: point.x * Double(view.width) / Double(picture.width),
            y: point.y * Double(view.height) / Double(picture.height))
    }

    func scaled(_ box: Box) -> Box {
        let (low, high) = (scaled(Point(x: box.x1, y: box.y1)), scaled(Point(x: box.x2, y: box.y2)))
        return Box(x1: low.x, y1: low.y, x2: high.x, y2: high.y)
    }
}
