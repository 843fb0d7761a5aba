public import PerSAM

/// The objects that PerSAM found, divided by whether their class's texts fit them.
public struct CheckedFindings: Sendable {
    /// An object, and how well its class's texts fit it.
    public struct Checked: Sendable {
        /// The object that PerSAM found.
        public let object: PerSAM.FoundObject
        /// The score of `SemanticCheck`, 0…1; nil for a class without texts.
        public let textScore: Float?
    }

    /// The objects whose score reaches the threshold or whose class has no texts, the best of PerSAM's scores
    /// first.
    public let accepted: [Checked]
    /// The other objects, the best of PerSAM's scores first.
    public let rejected: [Checked]
    /// Why PerSAM's search ended.
    public let stop: PerSAM.Stop
}

extension SemanticCheck {
    /// Scores each object that PerSAM found against the texts of its class; each object is a crop that CLIP
    /// encodes.
    /// - Parameters:
    ///   - findings: what PerSAM found.
    ///   - picture: the picture that was searched.
    /// - Throws: `CancellationError` when the current task is cancelled meanwhile.
    public func check(_ findings: PerSAM.Findings, in picture: Picture) throws -> CheckedFindings {
        let checked = try findings.map { object in
            try Task.checkCancellation()
            return CheckedFindings.Checked(
                object: object, textScore: try score(object.className, box: object.box, in: picture))
        }
        func isAccepted(_ checked: CheckedFindings.Checked) -> Bool {
            checked.textScore.map { $0 >= threshold } ?? true
        }
        return CheckedFindings(
            accepted: checked.filter(isAccepted), rejected: checked.filter { !isAccepted($0) },
            stop: findings.stop)
    }
}
