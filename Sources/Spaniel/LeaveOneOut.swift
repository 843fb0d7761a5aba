/// The result of a search in one labelled picture with the examples of other pictures.
package protocol HeldOutEvidence {
    /// Whether the search found nothing, so that it would find nothing with fewer examples either.
    var foundNothing: Bool { get }
    /// Returns the threshold that suits several pictures best.
    ///
    /// - Parameter usual: the threshold without evidence.
    /// - Returns: nil if no threshold finds any labelled object.
    static func verdict(of pictures: [Self], usual: Float) -> HeldOutVerdict?
}

/// A threshold and its quality on labelled pictures.
package struct HeldOutVerdict: Sendable, Equatable {
    package let threshold: Float
    /// F1 or IoU at the threshold, 0…1.
    package let quality: Double

    package init(threshold: Float, quality: Double) { (self.threshold, self.quality) = (threshold, quality) }
}

/// Fits a class's threshold and finds its harmful examples by leave-one-out validation.
///
/// Each labelled picture is searched with the examples of all other pictures, and the threshold with the best
/// result over all pictures is the class's. An example is harmful if the result improves without it. The
/// examples' background, which scores are relative to, stays that of all examples: it hardly depends on one
/// of them, and computing it again each time would take hours.
package struct LeaveOneOut: Sendable {
    /// Why no threshold could be fitted.
    package enum Obstacle: Sendable, Equatable {
        /// Only this many pictures show the class, fewer than `fewestPictures`.
        case fewPictures(Int)
        /// The examples find no labelled object in the other pictures.
        case nothingFound
    }

    /// A harmful example.
    package struct Hurting: Sendable, Equatable {
        /// The index of the example.
        package let example: Int
        /// The quality of the other examples without it.
        package let quality: Double
    }

    /// The fitted threshold; nil leaves the usual one.
    package private(set) var verdict: HeldOutVerdict?
    /// Why there is no verdict.
    package private(set) var obstacle: Obstacle?
    /// The harmful examples, the worst first.
    package private(set) var hurting: [Hurting] = []
    /// The pictures that were searched.
    package private(set) var searched: Set<Int> = []
    /// The number of examples that were left out to see whether they hurt: all, or as many as the budget
    /// allowed.
    package private(set) var examined = 0

    /// The fewest pictures that a threshold is fitted to: with fewer, at least half of the examples would be
    /// left out at once.
    package static let fewestPictures = 3
    /// The gain in quality from which an example counts as harmful.
    package static let gain = 0.01

    /// Chooses the pictures to search: of the pictures with examples and of the others the same share, evenly
    /// spread.
    package static func searched(_ pictures: Int, _ pictureOfExample: [Int], atMost most: Int) -> Set<Int> {
        guard pictures > most else { return Set(0..<pictures) }
        let shown = Set(pictureOfExample)
        // Those with examples first, so that both kinds are spread evenly.
        let order = (0..<pictures).sorted {
            (shown.contains($0) ? 0 : 1, $0) < (shown.contains($1) ? 0 : 1, $1)
        }
        return Set((0..<max(0, most)).map { order[$0 * pictures / most] })
    }

    /// Returns the most searches that `init` can make, to show progress by.
    package static func mostSearches(
        pictures: Int, pictureOfExample: [Int], budget: Int, atMost most: Int = .max
    ) -> Int {
        Set(pictureOfExample).count < fewestPictures
            ? 0 : min(most, pictures) + min(budget, pictureOfExample.count * (pictures - 1))
    }

    /// - Parameters:
    ///   - pictures: the number of labelled pictures.
    ///   - pictureOfExample: for each example, the index of its picture.
    ///   - usual: the threshold without evidence.
    ///   - budget: the most searches for harmful examples; later examples are not examined.
    ///   - most: the most pictures to search, evenly spread over those that show examples and the others.
    ///   - search: searches a picture with some of the examples; returns nil if it cannot search without any.
    package init<Evidence: HeldOutEvidence>(
        pictures: Int, pictureOfExample: [Int], usual: Float, budget: Int = .max, atMost most: Int = .max,
        search: (_ picture: Int, _ examples: [Int]) throws -> Evidence?
    ) rethrows {
        let shown = Set(pictureOfExample).count
        guard shown >= Self.fewestPictures else {
            obstacle = .fewPictures(shown)
            return
        }
        func others(_ picture: Int) -> [Int] {
            pictureOfExample.indices.filter { pictureOfExample[$0] != picture }
        }
        searched = Self.searched(pictures, pictureOfExample, atMost: most)
        let evidence = try (0..<pictures).map { searched.contains($0) ? try search($0, others($0)) : nil }
        guard let verdict = Evidence.verdict(of: evidence.compactMap(\.self), usual: usual) else {
            obstacle = .nothingFound
            return
        }
        self.verdict = verdict
        var searches = 0
        for example in pictureOfExample.indices {
            // In its own picture the example is left out in any case.
            let changed = evidence.indices.filter {
                $0 != pictureOfExample[example] && !(evidence[$0]?.foundNothing ?? true)
            }
            searches += changed.count
            if searches > budget { break }
            examined += 1
            var without = evidence
            for picture in changed {
                without[picture] = try search(picture, others(picture).filter { $0 != example })
            }
            let quality = Evidence.verdict(of: without.compactMap(\.self), usual: usual)?.quality ?? 0
            if quality >= verdict.quality + Self.gain {
                hurting.append(Hurting(example: example, quality: quality))
            }
        }
        hurting.sort { ($1.quality, $0.example) < ($0.quality, $1.example) }
    }
}
