import SpanielDrawing
import PerSAM
import SpanielImaging
import Testing

@Suite("The page that explains a picture") struct ExplainPageTests {
    static let size = Size(width: 60, height: 40)

    static func picture(_ size: Size = size) -> Picture {
        Picture(
            rgb: (0..<3 * size.width * size.height).map { UInt8($0 % 251) }, width: size.width,
            height: size.height)
    }

    static func candidate(
        _ verdict: PerSAM.Candidate.Verdict, class name: String = "boot", at x: Double, score: Float? = 0.9,
        size: Size = size
    ) -> PerSAM.Candidate {
        let box = Box(x1: x, y1: 10, x2: x + 10, y2: 30)
        let hasMask = verdict != .empty
        return PerSAM.Candidate(
            className: name, verdict: verdict, point: box.center, peak: 0.5, score: hasMask ? score : nil,
            similarity: hasMask ? 0.8 : nil,
            predictedIoU: hasMask ? 0.7 : nil, box: hasMask ? box : nil,
            boxed: hasMask ? BoxedMask(Mask(box: box, size: size)) : nil)
    }

    static func map(_ name: String) -> PerSAM.SimilarityMap {
        PerSAM.SimilarityMap(
            className: name, rows: 4, columns: 4, values: (0..<16).map { Float($0) / 16 },
            extent: Box(x1: 0, y1: 0, x2: 1, y2: 0.67),
            background: 0.1, threshold: 0.4)
    }

    static func page(
        _ candidates: [PerSAM.Candidate],
        stop: PerSAM.Stop = PerSAM.Stop(reason: .belowThreshold, peak: 0.34, threshold: 0.42),
        picture: Picture = picture(),
        name: String = "1.jpg", classes: [String] = ["boot"], thresholds: [String: Float] = [:]
    ) -> String {
        let objects = candidates.compactMap { candidate -> PerSAM.FoundObject? in
            guard candidate.verdict == .accepted, let box = candidate.box, let mask = candidate.mask else {
                return nil
            }
            return PerSAM.FoundObject(
                className: candidate.className, score: candidate.score ?? 0, similarity: 0.8,
                predictedIoU: 0.7, box: box, mask: mask)
        }
        let findings = PerSAM.Findings(
            objects: objects, stop: stop, candidates: candidates, similarity: classes.map(map))
        return ExplainPage(
            picture: picture, name: name, findings: findings, threshold: 0.7, thresholds: thresholds
        ).html()
    }

    static func occurrences(of part: String, in text: String) -> Int {
        var (count, rest) = (0, text[...])
        while let found = rest.firstRange(of: part) {
            count += 1
            rest = rest[found.upperBound...]
        }
        return count
    }

    @Test("hostile class and file names stay text") func escaping() {
        let hostile = "</style><script>alert('1')</script>\" onload=\"x & \u{0}"
        let page = Self.page(
            [
                Self.candidate(.accepted, class: hostile, at: 5),
                Self.candidate(.otherClass, class: "b", at: 6),
            ], name: hostile + ".jpg",
            classes: [hostile, "b"])
        #expect(!page.contains("<script") && !page.contains("\" onload") && !page.contains("\u{0}"))
        #expect(Self.occurrences(of: "</style>", in: page) == 1)
        let escaped =
            "&lt;/style&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot; onload=&quot;x &amp; \u{FFFD}"
        #expect(page.contains("<title>\(escaped).jpg"))
        #expect(page.contains("<h2><bdi>\(escaped)</bdi></h2>"))
        #expect(page.contains("its place is number 1’s, \(escaped)"))
    }

    @Test("every candidate has a row, a number on the map and a thumbnail") func everyCandidate() {
        let verdicts: [PerSAM.Candidate.Verdict] = [
            .accepted, .weak, .duplicate, .negative, .empty, .surplus,
        ]
        let page = Self.page(
            verdicts.enumerated().map {
                Self.candidate($1, at: Double(8 * $0), score: $1 == .weak ? 0.58 : 0.9)
            })
        for number in 1...verdicts.count {
            #expect(Self.occurrences(of: "<tr id=\"candidate-\(number)\"", in: page) == 1)
            #expect(Self.occurrences(of: "<a href=\"#candidate-\(number)\"", in: page) == 1)
        }
        #expect(Self.occurrences(of: "<tr id=", in: page) == verdicts.count)
        // The picture, the map, and one picture a candidate, each with a text that stands for it.
        #expect(Self.occurrences(of: "<img src=\"data:image/jpeg;base64,", in: page) == 2 + verdicts.count)
        #expect(Self.occurrences(of: " alt=\"", in: page) == 2 + verdicts.count)
        #expect(page.contains("1 object found, 6 places looked at"))
    }

    @Test(
        "each verdict has its reason in words",
        arguments: [
            (PerSAM.Candidate.Verdict.weak, Float(0.58), "weak: score 0.58 under threshold 0.70"),
            (.weak, 0.698, "weak: score 0.698 under threshold 0.700"),
            (.weak, 0.9, "weak: the best of this class is under the threshold itself"),
            (.duplicate, 0.8, "duplicate of number 1<"),
            (.negative, 0.8, "looks more like a negative example"),
            (.empty, 0, "no mask there"),
            (.surplus, 0.8, "surplus: as many as were asked for score better"),
            (.accepted, 0.5, "found, as one object was asked for, though score 0.50 is under threshold 0.70"),
        ]) func reasons(verdict: PerSAM.Candidate.Verdict, score: Float, words: String)
    {
        let page = Self.page([
            Self.candidate(.accepted, at: 20), Self.candidate(verdict, at: 22, score: score),
        ])
        #expect(page.contains(words))
    }

    @Test("a class's own threshold is the one its reasons name") func ownThreshold() {
        let page = Self.page([Self.candidate(.weak, at: 20, score: 0.8)], thresholds: ["boot": 0.85])
        #expect(page.contains("weak: score 0.80 under threshold 0.85"))
        #expect(page.contains("None found; a score of 0.85 or more counts."))
    }

    @Test("the reason for stopping is a sentence") func stopping() throws {
        let looked = [Self.candidate(.accepted, at: 5)]
        #expect(Self.page(looked).contains("<p>Nothing more like it: best peak 0.34 under threshold 0.42"))
        #expect(Self.page([]).contains("<p>Nothing like it: best peak 0.34 under threshold 0.42"))
        for reason in PerSAM.Stop.Reason.allCases {
            for peak in [nil, Float(0.3), .nan] {
                let page = Self.page(looked, stop: PerSAM.Stop(reason: reason, peak: peak, threshold: 0.4))
                // The header alone: letters of a picture's base64 spell anything.
                let start = try #require(page.firstRange(of: "<p class=\"summary\">")).upperBound
                let end = try #require(page.firstRange(of: "</header>")).lowerBound
                let sentence = String(page[start..<end])
                #expect(sentence.hasSuffix(".</p>\n") && sentence.count > 60)
                #expect(
                    !sentence.contains("Optional(") && !sentence.contains("nan") && !sentence.contains("-"),
                    "\(sentence)")
            }
        }
    }

    @Test("the page asks for nothing from elsewhere and runs nothing") func selfContained() {
        let page = Self.page([Self.candidate(.accepted, at: 5), Self.candidate(.weak, at: 30, score: 0.1)])
        #expect(
            !page.contains("://") && !page.contains("<script") && !page.contains("<link")
                && !page.contains("@import"))
        #expect(!page.contains("url("))
        #expect(
            Self.occurrences(of: "src=\"", in: page)
                == Self.occurrences(of: "src=\"data:image/jpeg;base64,", in: page))
        #expect(
            Self.occurrences(of: "href=\"", in: page) == Self.occurrences(of: "href=\"#candidate-", in: page))
        #expect(page.contains("default-src 'none'"))
    }

    @Test(
        "a picture of any size and shape makes a page whose pictures are at most 1000 pixels a side",
        arguments: [
            (Size(width: 1, height: 1), "width=\"1\" height=\"1\""),
            (Size(width: 1, height: 3000), "width=\"1\" height=\"1000\""),
            (Size(width: 1800, height: 900), "width=\"1000\" height=\"500\""),
            (Size(width: 60, height: 40), "width=\"60\" height=\"40\""),
        ]) func sizes(size: Size, shown: String)
    {
        let page = Self.page(
            [Self.candidate(.accepted, at: 0, size: size), Self.candidate(.empty, at: 900, size: size)],
            picture: Self.picture(size))
        #expect(Self.occurrences(of: "\(shown) alt=\"", in: page) >= 2)
        #expect(page.utf8.count < 1_500_000)
    }

    @Test("a picture where nothing was similar says so") func nothing() {
        let page = Self.page([])
        #expect(page.contains("Nothing found, 0 places looked at"))
        #expect(page.contains("No place is similar enough to be looked at."))
        #expect(!page.contains("<table>"))
    }
}
