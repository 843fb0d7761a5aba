import OWLViT
import SpanielImaging
import SpanielStudio

/// The page's ranking over some encodings.
final class RankingProbe {
    private let ranker = Ranker()

    init(_ concepts: [OWLViT.Concept], threshold: Float?, encodings: [OWLViT.Encoding]) {
        for (index, encoding) in encodings.enumerated() {
            ranker.add(CompactPatches(encoding), Int64(index))
        }
        for (index, concept) in concepts.enumerated() {
            ranker.set(Self.query(concept, threshold: threshold), of: Int64(index))
        }
    }

    private static func query(_ concept: OWLViT.Concept, threshold: Float?) -> ClassQuery {
        ClassQuery(
            concept, texts: concept.texts.indices.map { Int64($0) },
            examples: concept.examples.exemplars.indices.map { Int64($0) },
            negatives: concept.negatives.exemplars.indices.map { Int64($0) }, head: nil, threshold: threshold)
    }

    func set(_ concept: OWLViT.Concept) { ranker.set(Self.query(concept, threshold: nil), of: 0) }

    /// What is above the threshold, the best first.
    func found(class place: Int, picture: Int) -> [Candidate] {
        let cut = ranker.queries[Int64(place)]?.threshold ?? 1
        return (ranker.allCandidates(Int64(place))[Int64(picture)] ?? []).filter { $0.score > cut }
    }

    var count: Int {
        ranker.allCandidates(0).values.reduce(0) { $0 + $1.count }
    }
}
