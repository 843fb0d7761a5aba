import PerSAM
package import SpanielJSON

/// A result as its record tells it: everything but the times.
extension PictureResult {
    /// - Throws: when the record is none of ours.
    package init(record: JSON) throws {
        self.init(objects: try Self.objects(record["objects"]))
        rejected = try Self.objects(record["rejected"])
        absent = try Self.array(record["absent"]).map {
            Absence(
                className: try Self.text($0["class"]), best: try Self.number($0["best"]),
                threshold: try Self.number($0["threshold"]))
        }
        if let classes = record["classes"] {
            self.classes = try Self.array(classes).map {
                ClassScore(className: try Self.text($0["class"]), score: try Self.number($0["score"]))
            }
        }
        guard let stop = record["stop"] else { return }
        guard let reason = PerSAM.Stop.Reason(rawValue: try Self.text(stop["reason"])) else {
            throw Self.unreadable
        }
        self.stop = PerSAM.Stop(
            reason: reason, peak: try stop["peak"].map { try Self.number($0) },
            threshold: try Self.number(stop["threshold"]))
    }

    private static func objects(_ json: JSON?) throws -> [Object] {
        try array(json).map { record in
            let box = try array(record["box"]).map { try number($0) as Double }
            guard box.count == 4 else { throw unreadable }
            let mask = try record["mask"].map { mask in
                let size = try array(mask["size"]).compactMap(\.int)
                guard size.count == 2 else { throw unreadable }
                return Mask(
                    try RLE(
                        compressed: try text(mask["counts"]), size: Size(width: size[1], height: size[0])))
            }
            return Object(
                className: try text(record["class"]), score: try number(record["score"]),
                scores: try record["scores"]?.object?.map { ($0.key, try number($0.value)) } ?? [],
                box: Box(x1: box[0], y1: box[1], x2: box[2], y2: box[3]), mask: mask,
                decided: record["decided"]?.string)
        }
    }

    private static func array(_ json: JSON?) throws -> [JSON] {
        guard let json else { return [] }
        guard let array = json.array else { throw unreadable }
        return array
    }

    private static func text(_ json: JSON?) throws -> String {
        guard let text = json?.string else { throw unreadable }
        return text
    }

    /// A number as it was written, from which the same one comes back; null is none.
    private static func number<Number: BinaryFloatingPoint & LosslessStringConvertible>(_ json: JSON?) throws
        -> Number
    {
        switch json {
        case .number(let text)?: if let number = Number(text) { return number }
        case .null?: return .nan
        default: break
        }
        throw unreadable
    }

    static var unreadable: Failure {
        Failure(.unusable, code: "resume.record", "a record that was kept cannot be read; begin anew")
    }
}

extension Failure {
    /// What a record says of a picture that could not be used; nil for any other record.
    init?(record: JSON) {
        guard let error = record["error"], let code = error["code"]?.string else { return nil }
        // The codes of what is missing end in this word: image.missing, file.missing.
        self.init(
            code.hasSuffix(".missing") ? .missing : .unusable, code: code,
            error["message"]?.string ?? "")
    }
}
