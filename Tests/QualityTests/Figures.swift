import Foundation
import SpanielJSON

/// Figures of one model, each with how many cases it is a mean of.
typealias Figures = [(name: String, value: Double, cases: Int)]

/// What `Weights/figures.json` says of one model.
struct Recorded: Sendable, CustomStringConvertible {
    let model: String
    let sha256: String
    let figures: [String: Double]

    var description: String { model }

    /// Every model that ships, and none besides: what is not in the file is not asked for.
    static func all() throws -> [Recorded] {
        let file = try JSON(parsing: Data(contentsOf: HeldOut.weights.appending(path: "figures.json")))
        return try Missing.unwrap(file.object).map { model, entry in
            let figures = try Missing.unwrap(entry["figures"]?.object).map {
                ($0, try Missing.unwrap($1.double))
            }
            return Recorded(
                model: model, sha256: try Missing.unwrap(entry["sha256"]?.string),
                figures: Dictionary(uniqueKeysWithValues: figures))
        }
    }

    /// How far a figure may lie from the recorded one, better or worse.
    ///
    /// On one processor the four instruction sets gave the same three digits. Others, and other JPEG readers,
    /// round differently: that moves a mask's border by single pixels, far below this, but may also change
    /// which of two nearly equal masks or places is the best, and so a whole case: one in a hundred may
    /// change sides, and one always.
    static func margin(cases: Int) -> Double {
        max(1, (Double(cases) / 100).rounded(.down)) / Double(cases) + 0.0005
    }

    /// The differences that are too large, in words; and a figure that is recorded and was not measured, or
    /// the other way round.
    func differences(_ found: Figures) -> [String] {
        var left = figures
        var differences: [String] = []
        for (name, value, cases) in found {
            guard let expected = left.removeValue(forKey: name) else {
                differences.append("\(name): measured, but not recorded")
                continue
            }
            let margin = Self.margin(cases: cases)
            if !(abs(value - expected) <= margin) {
                differences.append(
                    "\(name): expected \(expected) ± \(Self.rounded(margin)), found \(Self.rounded(value)) (n=\(cases))"
                )
            }
        }
        return differences + left.keys.sorted().map { "\($0): recorded, but not measured" }
    }

    /// What `figures.json` should say, to be pasted there when weights were changed on purpose.
    static func line(_ model: String, _ sha256: String, _ found: Figures) -> String {
        let figures = JSON.object(JSON.Object(found.map { ($0.name, JSON(rounded($0.value))) }))
        return "\"\(model)\": " + (["sha256": JSON(sha256), "figures": figures] as JSON).text()
    }

    private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
