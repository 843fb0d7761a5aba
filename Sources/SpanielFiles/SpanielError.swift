public import SpanielPlatform

/// An error of this package: a stable name for programs, and a sentence for people that names the fix.
///
///     catch let error as any SpanielError { show(error.localizedDescription); log(error.code) }
public protocol SpanielError: LocalizedError, CustomStringConvertible, Sendable {
    /// A stable name for programs, from the general to the particular, such as `image.truncated`.
    var code: String { get }
}

extension SpanielError {
    /// The sentence of `description`, which `localizedDescription` shows.
    public var errorDescription: String? { description }
    /// Always nil: `description` names the reason.
    public var failureReason: String? { nil }
    /// Always nil: `description` names the fix.
    public var recoverySuggestion: String? { nil }
    /// Always nil: there is no help book.
    public var helpAnchor: String? { nil }
}
