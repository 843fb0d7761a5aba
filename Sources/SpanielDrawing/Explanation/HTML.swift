import PerSAM
import SpanielImaging
import SpanielPlatform

/// The few things a page is written with.
enum HTML {
    /// Text as text, inside quotes too; control characters, which no page may hold, become U+FFFD.
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

    /// A number with so many digits after its point, and a dash for none.
    static func decimals(_ value: Double, _ digits: Int) -> String {
        abs(value) < 1e12 ? SpanielDrawing.decimals(value, digits).replacing("-", with: "−") : "–"
    }

    static func decimals(_ value: Float, _ digits: Int = 2) -> String { decimals(Double(value), digits) }

    /// "1 place", "2 places".
    static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    /// A picture inside the page.
    static func dataURI(_ picture: Picture) -> String {
        if let jpeg = try? picture.jpegData(quality: 85) {
            return "data:image/jpeg;base64,\(jpeg.base64EncodedString())"
        }
        return "data:image/png;base64,\(picture.pngData().base64EncodedString())"
    }

    static func css(_ color: Palette.Color) -> String { "rgb(\(color.red) \(color.green) \(color.blue))" }
}
