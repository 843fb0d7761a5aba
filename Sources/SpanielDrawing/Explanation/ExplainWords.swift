import PerSAM
import SpanielImaging

extension PerSAM.Stop {
    /// Returns a sentence that says why the search ended.
    /// - Parameter looked: whether any place was segmented before.
    func words(afterLooking looked: Bool) -> String {
        let left = peak.map { "the most similar place left has \(HTML.decimals($0))" }
        switch reason {
        case .belowThreshold:
            guard let peak else { return "Nothing \(looked ? "more " : "")like it." }
            let (value, floor) = ExplainPage.apart(peak, threshold)
            return
                "Nothing \(looked ? "more " : "")like it: best peak \(value) under threshold \(floor), from which a place is looked at."
        case .maximumObjects:
            return "As many objects as were asked for\(left.map { "; \($0)" } ?? ", and there may be more")."
        case .exhausted:
            return
                "Many similar places, one after another, held no new object\(left.map { "; \($0)" } ?? "")."
        case .nothingLeft:
            return "Every similar place was looked at."
        case .single:
            return
                "One object was asked for, so the search ended with the best place\(left.map { "; \($0)" } ?? "")."
        case .emptyMask:
            return "A step of the original code gave an empty mask, and it knows no other place to try."
        }
    }
}

extension ExplainPage {
    /// Formats two numbers with as many digits as distinguish them, so that 0.698 is not "0.70 under 0.70".
    static func apart(_ a: Float, _ b: Float) -> (String, String) {
        for digits in 2..<6 where a != b {
            let (first, second) = (HTML.decimals(a, digits), HTML.decimals(b, digits))
            if first != second { return (first, second) }
        }
        return (HTML.decimals(a), HTML.decimals(b))
    }

    /// Returns the reason for a candidate's verdict in words.
    func reason(_ index: Int) -> String {
        let candidate = findings.candidates[index]
        let threshold = threshold(of: candidate.className)
        switch candidate.verdict {
        case .accepted:
            guard let score = candidate.score else { return "found" }
            if score >= threshold { return "found" }
            let (value, limit) = Self.apart(score, threshold)
            return "found, as one object was asked for, though score \(value) is under threshold \(limit)"
        case .weak:
            guard let score = candidate.score, score < threshold else {
                return "weak: the best of this class is under the threshold itself"
            }
            let (value, limit) = Self.apart(score, threshold)
            return "weak: score \(value) under threshold \(limit)"
        case .duplicate:
            let better = rival(of: index) { $0.verdict != .duplicate && $0.verdict != .negative }
            return "duplicate of \(better.map { "number \($0 + 1)" } ?? "a better one")"
        case .negative:
            return "looks more like a negative example"
        case .empty:
            return "no mask there"
        case .otherClass:
            let better = rival(of: index) { $0.verdict == .accepted && $0.className != candidate.className }
            return
                "its place is \(better.map { "number \($0 + 1)’s, \(findings.candidates[$0].className)" } ?? "a better object’s")"
        case .surplus:
            return "surplus: as many as were asked for score better"
        case .cut:
            return "the edge of a tile cuts it; a neighbour or the whole picture shows it better"
        }
    }

    /// Returns the index of the candidate that covers most of this one, among those that satisfy a predicate.
    private func rival(of index: Int, where isRival: (PerSAM.Candidate) -> Bool) -> Int? {
        guard let mask = masks[index] else { return nil }
        var best: (index: Int, shared: Int)?
        for (other, candidate) in findings.candidates.enumerated() where other != index && isRival(candidate)
        {
            guard let theirs = masks[other] else { continue }
            let shared = mask.intersectionArea(with: theirs)
            if shared > best?.shared ?? 0 { best = (other, shared) }
        }
        return best?.index
    }
}
