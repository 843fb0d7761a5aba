import HTTPTypes
import SpanielJSON

/// The addresses of other labelling tools: `/label-studio/KEY/…` and `/x-anylabeling/KEY/…`. The gate has seen the
/// key; those tools speak protocols that have no place for it but the address.
struct ConnectedRoutes: Sendable {
    let studio: Studio

    static let prefixes = ["label-studio", "x-anylabeling"]

    /// - Parameter parts: the path's, from the tool's name on.
    func answer(_ method: HTTPRequest.Method, _ parts: [String], _ body: JSON) async throws -> Answer {
        let rest = parts.dropFirst(2).filter { !$0.isEmpty }
        switch (parts.first, method, rest) {
        case ("label-studio", .get, []), ("label-studio", .get, ["health"]):
            return .json(await studio.labelStudioHealth())
        case ("label-studio", .get, ["metrics"]): return .json([:])
        case ("label-studio", .post, ["setup"]): return .json(try await studio.labelStudioSetup(body))
        case ("label-studio", .post, ["predict"]): return .json(try await studio.labelStudioPredict(body))
        case ("label-studio", .post, ["webhook"]):
            return .json(try await studio.labelStudioWebhook(body), status: .created)
        case ("x-anylabeling", .get, ["health"]): return .json(await studio.xAnyLabelingHealth())
        case ("x-anylabeling", .get, ["v1", "models"]): return .json(await studio.xAnyLabelingModels())
        case ("x-anylabeling", .get, _)
        where rest.count == 4 && rest.starts(with: ["v1", "models"])
            && rest[3] == "info":
            return .json(try await studio.xAnyLabelingModel(rest[2]))
        case ("x-anylabeling", .post, ["v1", "predict"]):
            return .json(try await studio.xAnyLabelingPredict(body))
        default: throw StudioError.unknown("address")
        }
    }
}
