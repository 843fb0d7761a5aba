public import SpanielPlatform

/// An error of this package: a stable name for programs, and a sentence for people that names the fix.
///
///     catch let error as any SpanielError { show(error.localizedDescription); log(error.code) }
public protocol SpanielError: LocalizedError, CustomStringConvertible, Sendable {
    /// A stable name, from the general to the particular: `image.truncated`.
    var code: String { get }
}

extension SpanielError {
    /// What `localizedDescription` shows: the sentence of `description`.
    public var errorDescription: String? { description }
    /// Nothing: `description` says it.
    public var failureReason: String? { nil }
    /// Nothing: `description` names the fix.
    public var recoverySuggestion: String? { nil }
    /// Nothing: there is no help book.
    public var helpAnchor: String? { nil }
}
