import CSpanielPage

/// The page's own files, which are part of the program.
package enum PageFiles {
    /// By their paths inside the page's folder; `openapi.yaml` is among them.
    static let all: [String: [UInt8]] = {
        var files: [String: [UInt8]] = [:]
        for place in 0..<spaniel_page_count() {
            let file = spaniel_page_file(place)
            guard let name = file.name else { continue }
            files[String(cString: name)] = [UInt8](UnsafeBufferPointer(start: file.bytes, count: file.count))
        }
        return files
    }()

    package static var names: [String] { all.keys.sorted() }

    static func type(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js", "mjs": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "json", "webmanifest": "application/json"
        case "yaml": "application/yaml"
        case "woff2": "font/woff2"
        default: "application/octet-stream"
        }
    }
}
