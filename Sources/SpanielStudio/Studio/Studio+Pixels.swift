package import SpanielImaging
import SpanielJSON

/// Thumbnails, crops and whole pictures, made beside everything else.
extension Studio {
    package var revision: Int64 { project.state.revision }

    package func thumbnail(_ id: String, side: Int) async throws -> [UInt8] {
        let (record, files) = (try picture(id), files)
        // Few sizes, so that few are kept.
        let size = [256, 512, 768].first { $0 >= side } ?? 1024
        return try await pixels.run { try files.thumbnail(record, side: size) }
    }

    package func image(_ id: String) async throws -> (bytes: [UInt8], type: String) {
        let (record, files) = (try picture(id), files)
        return try await pixels.run { try files.image(record) }
    }

    package func crop(_ id: String, _ box: Box, side: Int) async throws -> [UInt8] {
        let (record, files) = (try picture(id), files)
        return try await pixels.run { try files.crop(record, box, side: side) }
    }

    /// What an address of the interface names, as it is now; null if it is gone.
    func current(_ path: String) -> JSON {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count >= 3 else { return nil }
        switch parts[1] {
        case "pictures": return (try? picture(parts[2])).map { fullPicture($0.id) } ?? nil
        case "annotations": return (try? annotationRecord(parts[2])).map { json($0) } ?? nil
        case "classes": return (try? classRecord(parts[2])).map { json($0) } ?? nil
        case "prompts": return (try? promptRecord(parts[2])).map { json($0) } ?? nil
        default: return nil
        }
    }
}
