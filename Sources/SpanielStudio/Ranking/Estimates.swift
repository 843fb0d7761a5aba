import SpanielPlatform

/// What the decisions so far say about a class's scores.
package struct Estimates: Sendable {
    /// The scores, as they are now, of what was accepted and of what was rejected.
    package var accepted: [Double] = []
    package var rejected: [Double] = []
    /// Objects that a person drew and no suggestion showed.
    package var missed = 0

    package init(accepted: [Double] = [], rejected: [Double] = []) {
        (self.accepted, self.rejected) = (accepted, rejected)
    }

    package struct Precision: Sendable {
        package let value: Double
        package let low: Double
        package let high: Double
        package let decisions: Int
    }

    /// The share of right ones among all suggestions from a threshold on.
    ///
    /// Doubtful ones are decided first, so what was decided is no fair sample: a logistic curve of the scores
    /// is fitted to the decisions, and tells of the open ones. The interval is Wilson's, of 90 per cent.
    ///
    /// - Parameter open: the scores of the suggestions that are not decided.
    package func precision(from threshold: Double, open: [Double]) -> Precision? {
        let count = accepted.count + rejected.count
        guard count > 0 else { return nil }
        let curve = LogisticCurve(accepted: accepted, rejected: rejected)
        let right = accepted.lazy.filter { $0 >= threshold }.count
        let wrong = rejected.lazy.filter { $0 >= threshold }.count
        let above = open.filter { $0 >= threshold }
        let all = right + wrong + above.count
        guard all > 0 else { return nil }
        let expected = Double(right) + above.reduce(0) { $0 + curve.probability($1) }
        let value = expected / Double(all)
        // Where everything is decided there is nothing to guess.
        guard !above.isEmpty else {
            return Precision(value: value, low: value, high: value, decisions: count)
        }
        let n = Double(count)
        let z = 1.645
        let middle = (value + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (value * (1 - value) / n + z * z / (4 * n * n)).squareRoot()
        return Precision(
            value: value, low: max(0, min(value, middle - half)), high: min(1, max(value, middle + half)),
            decisions: count)
    }

    static let fewestAccepted = 3
    static let fewestRejected = 1
    var mayFit: Bool { accepted.count >= Self.fewestAccepted && rejected.count >= Self.fewestRejected }

    /// The threshold for which F1 over the decisions is highest, midway between two scores; of several the
    /// middle one.
    package var bestThreshold: Double? {
        guard mayFit else { return nil }
        let scores = Set(accepted + rejected).sorted()
        var cuts = [max(0, scores[0] - 0.01)]
        for (low, high) in zip(scores, scores.dropFirst()) { cuts.append((low + high) / 2) }
        var best: (quality: Double, cuts: [Double]) = (-1, [])
        for cut in cuts {
            let right = Double(accepted.lazy.filter { $0 > cut }.count)
            let wrong = Double(rejected.lazy.filter { $0 > cut }.count)
            let quality = 2 * right / (right + wrong + Double(accepted.count + missed))
            if quality > best.quality + 1e-12 {
                best = (quality, [cut])
            } else if quality > best.quality - 1e-12 {
                best.cuts.append(cut)
            }
        }
        return best.cuts.isEmpty ? nil : best.cuts[best.cuts.count / 2]
    }
}

/// A probability that rises with the score: 1 / (1 + exp(-(a · logit(score) + b))), a above 0.
struct LogisticCurve: Sendable {
    private var a = 1.0
    private var b = 0.0

    /// Fits the curve; a little is added on both sides, so that a few decisions promise no certainty.
    init(accepted: [Double], rejected: [Double]) {
        let rows = accepted.map { (Self.logit($0), 1.0) } + rejected.map { (Self.logit($0), 0.0) }
        // Platt's targets.
        let high = (Double(accepted.count) + 1) / (Double(accepted.count) + 2)
        let low = 1 / (Double(rejected.count) + 2)
        for _ in 0..<200 {
            // The priors a ~ 1 and b ~ 0 keep both where the decisions say little.
            var (ga, gb) = (0.1 * (a - 1), 0.1 * b)
            var (aa, ab, bb) = (0.1, 0.0, 0.1)
            for (x, y) in rows {
                let p = 1 / (1 + exp(-(a * x + b)))
                let error = p - (y > 0 ? high : low)
                let weight = max(1e-6, p * (1 - p))
                ga += error * x
                gb += error
                aa += weight * x * x
                ab += weight * x
                bb += weight
            }
            let determinant = aa * bb - ab * ab
            guard determinant > 1e-12 else { break }
            let (da, db) = ((bb * ga - ab * gb) / determinant, (aa * gb - ab * ga) / determinant)
            let step = min(1, 2 / max(1e-9, max(abs(da), abs(db))))
            a = max(0, a - step * da)
            b -= step * db
            if max(abs(da), abs(db)) < 1e-8 { break }
        }
    }

    func probability(_ score: Double) -> Double { 1 / (1 + exp(-(a * Self.logit(score) + b))) }

    private static func logit(_ score: Double) -> Double {
        let p = min(0.9999, max(0.0001, score))
        return log(p / (1 - p))
    }
}
