/// What a search in one labelled picture showed of a class, by examples from other pictures.
package protocol HeldOutEvidence {
    /// Whether it met nothing at all; with fewer examples it would not either.
    var isSilent: Bool { get }
    /// The threshold that suits several pictures best.
    ///
    /// - Parameter usual: what the threshold is without evidence.
    /// - Returns: nil where no threshold finds anything right.
    static func verdict(of pictures: [Self], usual: Float) -> HeldOutVerdict?
}

/// A threshold and how well it does, 0…1.
package struct HeldOutVerdict: Sendable, Equatable {
    package let threshold: Float
    package let quality: Double

    package init(threshold: Float, quality: Double) { (self.threshold, self.quality) = (threshold, quality) }
}

/// A class's threshold and its bad examples, by leaving out.
///
/// Each labelled picture is searched with the examples of all others; the threshold that tells best what is
/// labelled from what is not is the class's. An example hurts when the same, without it in all other
/// pictures, comes out better. What the examples are told from, their background, stays that of all: it
/// hardly depends on one, and to learn it anew each time would take hours.
package struct LeaveOneOut: Sendable {
    /// Why there is no threshold of its own.
    package enum Obstacle: Sendable, Equatable {
        /// Fewer pictures show the class than say anything.
        case fewPictures(Int)
        /// The examples find none of what is labelled in the others' pictures.
        case nothingFound
    }

    package struct Hurting: Sendable, Equatable {
        /// The place among the examples.
        package let example: Int
        /// Of the others, without it.
        package let quality: Double
    }

    /// nil: the usual threshold stays.
    package private(set) var verdict: HeldOutVerdict?
    package private(set) var obstacle: Obstacle?
    /// The worst first.
    package private(set) var hurting: [Hurting] = []
    /// How many examples were left out to see whether they hurt: all, or as many as there was time for.
    package private(set) var examined = 0

    /// With fewer, half of the examples or more are left out at once.
    package static let fewestPictures = 3
    /// What must be gained for an example to be named.
    package static let gain = 0.01

    /// The most searches there can be, to show progress by.
    package static func mostSearches(pictures: Int, homes: [Int], budget: Int) -> Int {
        Set(homes).count < fewestPictures ? 0 : pictures + min(budget, homes.count * (pictures - 1))
    }

    /// - Parameters:
    ///   - pictures: how many are labelled.
    ///   - homes: of each example, its picture.
    ///   - usual: the threshold without evidence.
    ///   - budget: the most searches for examples that hurt; the later examples are not examined.
    ///   - search: looks through a picture with some of the examples; nil where without examples it cannot.
    package init<Evidence: HeldOutEvidence>(
        pictures: Int, homes: [Int], usual: Float, budget: Int = .max,
        search: (_ picture: Int, _ examples: [Int]) throws -> Evidence?
    ) rethrows {
        let shown = Set(homes).count
        guard shown >= Self.fewestPictures else {
            obstacle = .fewPictures(shown)
            return
        }
        func others(_ picture: Int) -> [Int] { homes.indices.filter { homes[$0] != picture } }
        let evidence = try (0..<pictures).map { try search($0, others($0)) }
        guard let verdict = Evidence.verdict(of: evidence.compactMap(\.self), usual: usual) else {
            obstacle = .nothingFound
            return
        }
        self.verdict = verdict
        var searches = 0
        for example in homes.indices {
            // In its own picture it is left out in any case.
            let changed = evidence.indices.filter {
                $0 != homes[example] && !(evidence[$0]?.isSilent ?? true)
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
