public import PerSAM

/// What PerSAM found, after CLIP has looked at it.
public struct CheckedFindings: Sendable {
    /// An object and how well the words for its class fit it.
    public struct Checked: Sendable {
        public let object: PerSAM.FoundObject
        /// 0…1; nil for a class without words.
        public let textScore: Float?
    }

    /// What is what the words say, best first.
    public let accepted: [Checked]
    /// What is not, best first.
    public let rejected: [Checked]
    /// Why the search ended.
    public let stop: PerSAM.Stop
}

extension SemanticCheck {
    /// Looks at each object that was found and keeps those that are what the words for their class say.
    /// - Parameter picture: the one they were found in.
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
