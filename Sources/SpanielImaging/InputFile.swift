import SpanielFiles
package import SpanielPlatform

/// A picture's file in memory, with an error of its own for each thing that can be wrong.
package enum InputFile {
    /// How a file is named in messages: as the user wrote it.
    package static func name(of url: URL) -> String {
        url.isFileURL ? url.relativePath : url.absoluteString
    }

    package static func bytes(of url: URL) throws(ImagingError) -> [UInt8] {
        let name = name(of: url)
        guard url.isFileURL else { throw .unreadable(file: name, reason: "not a file URL") }
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try ReadableFile.bytes(of: url, limit: Limits.fileBytes)
        } catch {
            throw Self.error(error, name: name)
        }
        if bytes.isEmpty { throw .empty(file: name) }
        return bytes
    }

    /// What a picture's file that cannot be read means.
    static func error(_ error: FileError, name: String) -> ImagingError {
        switch error {
        case .missing: .missing(file: name)
        case .notAFile(_, "a folder"): .directory(file: name)
        case .notAFile(_, let found): .unreadable(file: name, reason: "it is \(found)")
        case .notAFolder, .leadsElsewhere: .unreadable(file: name, reason: "it is a file")
        case .tooLarge(_, let bytes, _): .fileTooLarge(file: name, bytes: bytes)
        case .unreadable(_, let errno), .unwritable(_, let errno):
            .unreadable(
                file: name, reason: errno == EACCES ? "no permission" : String(cString: strerror(errno)))
        }
    }
}
