public import SpanielImaging
import SpanielPlatform

/// Says why found objects cannot be judged against a truth.
public enum EvaluationError: SpanielError, Equatable {
    /// No picture of the predictions is a picture of the truth.
    case noCommonPicture(predicted: String, expected: String)
    /// No class of the predictions is a class of the truth.
    case noCommonClass(predicted: [String], expected: [String])
    /// A picture has another size in the predictions than in the truth.
    case size(file: String, expected: String, found: String)
    /// A score in this picture is NaN.
    case score(file: String)

    /// A stable name for scripts.
    public var code: String {
        switch self {
        case .noCommonPicture: "evaluation.pictures"
        case .noCommonClass: "evaluation.classes"
        case .size: "evaluation.size"
        case .score: "evaluation.score"
        }
    }
}

extension EvaluationError {
    /// The sentence for people: the subject, what was expected and found, and the fix.
    public var description: String {
        switch self {
        case .noCommonPicture(let predicted, let expected):
            "expected predictions for the truth's pictures (such as \(expected)), found others (such as \(predicted)): run on the same files"
        case .noCommonClass(let predicted, let expected):
            "expected predictions of the truth's classes (\(expected.prefix(5).joined(separator: ", "))), found "
                + "\(predicted.prefix(5).joined(separator: ", ")): name the classes alike"
        case .size(let file, let expected, let found):
            "\(file): expected \(expected) pixels as in the truth, found \(found): one of the two ignores how the photo is turned"
        case .score(let file): "\(file): expected scores that are numbers, found one that is not"
        }
    }

}
