import HTTPTypes
import HummingbirdCore
import NIOCore
import SpanielJSON

/// An answer before it is one of HTTP.
struct Answer: Sendable {
    var status: HTTPResponse.Status = .ok
    var fields = HTTPFields()
    var body = ResponseBody()

    static func json(_ json: JSON, status: HTTPResponse.Status = .ok, version: Int64? = nil) -> Answer {
        var answer = Answer(status: status, body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes())))
        answer.fields[.contentType] = "application/json"
        if let version { answer.fields[.eTag] = "\"\(version)\"" }
        return answer
    }

    /// - Parameter isKept: whether the browser may keep it, since its address names its content.
    static func bytes(_ bytes: [UInt8], type: String, isKept: Bool = false) -> Answer {
        var answer = Answer(body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        answer.fields[.contentType] = type
        if isKept { answer.fields[.cacheControl] = "private, max-age=86400, immutable" }
        return answer
    }

    static func problem(_ error: StudioError, revision: Int64? = nil, current: JSON = nil) -> Answer {
        var json: JSON = ["error": ["code": JSON(error.code), "message": JSON(error.description)]]
        if case .changed = error {
            json["revision"] = revision.map { JSON($0) } ?? nil
            json["current"] = current
        }
        var answer = Answer.json(json, status: .init(code: error.status))
        if case .busy = error { answer.fields[.retryAfter] = "1" }
        return answer
    }

    var response: Response {
        var fields = fields
        for (name, value) in SafetyHeaders.all {
            guard let name = HTTPField.Name(name), fields[name] == nil else { continue }
            fields[name] = value
        }
        return Response(status: status, headers: fields, body: body)
    }
}
