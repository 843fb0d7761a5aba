import PerSAM
import SpanielImaging
import SpanielPlatform

/// Formats text, numbers and pictures for a page.
enum HTML {
    /// Escapes text for content and quoted attributes; control characters, which HTML forbids, become U+FFFD.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default:
                let isControl =
                    scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
                result.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
            }
        }
        return result
    }

    /// Formats a number with a number of digits after the point, and NaN or a huge number as a dash.
    static func decimals(_ value: Double, _ digits: Int) -> String {
        abs(value) < 1e12 ? SpanielDrawing.decimals(value, digits).replacing("-", with: "−") : "–"
    }

    static func decimals(_ value: Float, _ digits: Int = 2) -> String { decimals(Double(value), digits) }

    /// Formats a count with its noun: "1 place", "2 places".
    static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    /// Encodes a picture as a data URI, so that it is inside the page.
    static func dataURI(_ picture: Picture) -> String {
        if let jpeg = try? picture.jpegData(quality: 85) {
            return "data:image/jpeg;base64,\(jpeg.base64EncodedString())"
        }
        return "data:image/png;base64,\(picture.pngData().base64EncodedString())"
    }

    static func css(_ color: Palette.Color) -> String { "rgb(\(color.red) \(color.green) \(color.blue))" }
}
