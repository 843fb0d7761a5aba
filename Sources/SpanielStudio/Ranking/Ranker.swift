import OWLViT
package import SpanielImaging
import Tensor

/// A box that may be an object of a class.
package struct Candidate: Sendable {
    package let patch: Int
    package let score: Float
    let margin: Float
    /// Which of the query's vectors fits best.
    let prompt: UInt8
    /// In pixels of the picture, clipped to it.
    package let box: Box
}

/// Compares the classes with every encoded picture, and keeps what a change of one class leaves valid.
///
/// A new word costs one product with each picture; a threshold costs nothing but counting.
package final class Ranker {
    package init() {}

    private(set) var pictures: [Int64: CompactPatches] = [:]
    package private(set) var queries: [Int64: ClassQuery] = [:]
    /// Similarities of pictures' patches with a vector, by the vector's key.
    private var similarities: [UInt64: [Int64: [Float]]] = [:]
    /// Logits of linear heads, by the head's key.
    private var logits: [UInt64: [Int64: [Float]]] = [:]
    private var scores: [Int64: [Int64: PatchScores]] = [:]
    private var candidates: [Int64: [Int64: [Candidate]]] = [:]

    /// What closer looks saw in a picture, which counts in place of the patches.
    private var closer: [Int64: [Int64: [Candidate]]] = [:]
    /// The number of the first candidate that is of no patch.
    static let closerPatch = 1 << 20

    /// The IoU from which the better of two boxes of a class stays, as `detect` has it.
    private static let overlap = 0.3
    /// The most candidates of a class in a picture.
    private static let most = 100

    /// The score from which a box is a candidate at all.
    static func floor(_ query: ClassQuery) -> Float { min(0.2 * query.defaultThreshold, query.threshold) }

    package func add(_ patches: CompactPatches, _ picture: Int64) {
        remove(picture)
        pictures[picture] = patches
    }

    func remove(_ picture: Int64) {
        pictures[picture] = nil
        for key in similarities.keys { similarities[key]?[picture] = nil }
        for key in logits.keys { logits[key]?[picture] = nil }
        for key in scores.keys { scores[key]?[picture] = nil }
        for key in candidates.keys { candidates[key]?[picture] = nil }
        closer[picture] = nil
    }

    /// Takes what closer looks saw in a picture of the classes that they know, the best first.
    func set(closer candidates: [Int64: [Candidate]], in picture: Int64) { closer[picture] = candidates }

    func removeCloser() { closer = [:] }

    /// Sets what a class is found by; nil: by nothing.
    package func set(_ query: ClassQuery?, of classID: Int64) {
        queries[classID] = query
        scores[classID] = nil
        candidates = [:]
        let used = Set(queries.values.flatMap(\.vectors).map(\.key))
        for key in similarities.keys where !used.contains(key) { similarities[key] = nil }
        let heads = Set(queries.values.compactMap { $0.head?.key })
        for key in logits.keys where !heads.contains(key) { logits[key] = nil }
    }

    /// Sets a threshold, which decides with which classes the class competes.
    func set(threshold: Float, of classID: Int64) {
        guard queries[classID] != nil else { return }
        queries[classID]?.threshold = threshold
        candidates = [:]
    }

    /// Takes a linear head's logits of a picture.
    func set(logits values: [Float], head: LinearHead, picture: Int64) {
        logits[head.key, default: [:]][picture] = values
        for (classID, query) in queries where query.head == head {
            scores[classID]?[picture] = nil
            for key in candidates.keys { candidates[key]?[picture] = nil }
            _ = classID
        }
    }

    /// The encoded pictures whose logits a linear head still lacks.
    func missingLogits(_ head: LinearHead) -> [Int64] {
        pictures.keys.filter { logits[head.key]?[$0] == nil }
    }

    /// The candidates of a class in a picture, the best first.
    func candidates(_ classID: Int64, in picture: Int64) -> [Candidate] {
        if let seen = closer[picture]?[classID], queries[classID] != nil { return seen }
        if let known = candidates[classID]?[picture] { return known }
        guard let query = queries[classID], let patches = pictures[picture] else { return [] }
        for other in queries.keys { ensureScores(other, [picture]) }
        let made = make(query, classID, patches, picture)
        candidates[classID, default: [:]][picture] = made
        return made
    }

    /// The candidates of a class in all pictures.
    package func allCandidates(_ classID: Int64) -> [Int64: [Candidate]] {
        guard let query = queries[classID] else { return [:] }
        let missing = pictures.keys.filter { candidates[classID]?[$0] == nil }
        if !missing.isEmpty {
            for other in queries.keys { ensureScores(other, missing) }
            let made = Parallel.map(missing.count) { index in
                pictures[missing[index]].map { make(query, classID, $0, missing[index]) } ?? []
            }
            for (picture, list) in zip(missing, made) { candidates[classID, default: [:]][picture] = list }
        }
        var all = candidates[classID] ?? [:]
        for (picture, seen) in closer { if let own = seen[classID] { all[picture] = own } }
        return all
    }

    /// The candidates of a query that is only tried, without keeping them.
    func trying(_ query: ClassQuery, as classID: Int64) -> [Int64: [Candidate]] {
        for other in queries.keys where other != classID { ensureScores(other, Array(pictures.keys)) }
        let order = Array(pictures.keys)
        ensureSimilarities(query, order)
        let made = Parallel.map(order.count) { index -> [Candidate] in
            guard let patches = pictures[order[index]],
                let scores = score(query, patches, order[index])
            else { return [] }
            return make(query, classID, patches, order[index], scores)
        }
        return Dictionary(uniqueKeysWithValues: zip(order, made))
    }

    /// How much a patch is of a class now; nil for one that is not compared.
    func score(_ classID: Int64, picture: Int64, patch: Int) -> Float? {
        guard queries[classID] != nil, let patches = pictures[picture], (0..<patches.count).contains(patch)
        else { return nil }
        ensureScores(classID, [picture])
        return scores[classID]?[picture].map { max(0, $0.scores[patch]) }
    }

    private func ensureScores(_ classID: Int64, _ wanted: [Int64]) {
        guard let query = queries[classID], !query.isEmpty else { return }
        let missing = wanted.filter { scores[classID]?[$0] == nil }
        guard !missing.isEmpty else { return }
        ensureSimilarities(query, missing)
        let made = Parallel.map(missing.count) { index in
            pictures[missing[index]].flatMap { score(query, $0, missing[index]) }
        }
        for (picture, value) in zip(missing, made) {
            if let value { scores[classID, default: [:]][picture] = value }
        }
    }

    private func ensureSimilarities(_ query: ClassQuery, _ wanted: [Int64]) {
        guard query.head == nil else { return }
        for vector in query.vectors {
            let missing = wanted.filter { similarities[vector.key]?[$0] == nil && pictures[$0] != nil }
            guard !missing.isEmpty else { continue }
            let made = Parallel.map(missing.count) { index in
                pictures[missing[index]]?.similarities(to: vector.direction) ?? []
            }
            for (picture, values) in zip(missing, made) {
                similarities[vector.key, default: [:]][picture] = values
            }
        }
    }

    private func score(_ query: ClassQuery, _ patches: CompactPatches, _ picture: Int64) -> PatchScores? {
        if let head = query.head {
            guard let logits = logits[head.key]?[picture] else { return nil }
            return query.scores(patches, [], logits: logits)
        }
        let values = query.vectors.compactMap { similarities[$0.key]?[picture] }
        guard values.count == query.vectors.count else { return nil }
        return query.scores(patches, values, logits: nil)
    }

    /// A patch belongs to the class that fits it best among those whose threshold it exceeds; of boxes of one
    /// class that overlap the best stays.
    private func make(
        _ query: ClassQuery, _ classID: Int64, _ patches: CompactPatches, _ picture: Int64,
        _ own: PatchScores? = nil
    ) -> [Candidate] {
        guard let own = own ?? scores[classID]?[picture] else { return [] }
        let floor = Self.floor(query)
        let whole = Box(patches.size)
        let rivals = queries.filter { $0.key != classID }.compactMap { key, other in
            scores[key]?[picture].map { (key: key, threshold: other.threshold, scores: $0) }
        }
        var order: [Int] = []
        for patch in 0..<patches.count where own.scores[patch] > floor {
            let margin = own.margins[patch]
            let isTaken = rivals.contains { rival in
                guard rival.scores.scores[patch] > rival.threshold else { return false }
                let other = rival.scores.margins[patch]
                return other > margin || other == margin && rival.key < classID
            }
            if !isTaken { order.append(patch) }
        }
        order.sort { (own.margins[$1], $0) < (own.margins[$0], $1) }
        var kept: [(patch: Int, box: Box)] = []
        var result: [Candidate] = []
        for patch in order where kept.count < Self.most {
            let box = patches.box(patch)
            let clipped = box.intersection(whole)
            guard clipped.area > 0, !kept.contains(where: { $0.box.iou(box) > Self.overlap }) else {
                continue
            }
            kept.append((patch, box))
            result.append(
                Candidate(
                    patch: patch, score: own.scores[patch], margin: own.margins[patch],
                    prompt: own.prompts[patch], box: clipped))
        }
        return result.sorted { ($1.score, $0.patch) < ($0.score, $1.patch) }
    }
}
