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

    /// A number with so many digits after its point.
    static func decimals(_ value: Double, _ digits: Int) -> String {
        let scale = (0..<digits).reduce(1) { power, _ in power * 10 }
        guard let whole = Int(exactly: (abs(value) * Double(scale)).rounded()) else { return "–" }
        let sign = value < 0 && whole > 0 ? "−" : ""
        guard digits > 0 else { return "\(sign)\(whole)" }
        let fraction = String(whole % scale)
        return "\(sign)\(whole / scale).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
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
