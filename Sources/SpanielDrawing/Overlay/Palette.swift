import SpanielImaging

/// Thirty-two distinct colours by index. Colour-blind people can distinguish the first seven (Okabe and Ito,
/// 2008).
public enum Palette {
    /// A colour in sRGB.
    public struct Color: Sendable, Hashable {
        /// The red component, 0…255.
        public var red: UInt8
        /// The green component, 0…255.
        public var green: UInt8
        /// The blue component, 0…255.
        public var blue: UInt8

        /// A colour by its components, 0…255 each.
        public init(red: UInt8, green: UInt8, blue: UInt8) {
            self.red = red
            self.green = green
            self.blue = blue
        }

        init(_ hexadecimal: Int) {
            self.init(
                red: UInt8(hexadecimal >> 16 & 255), green: UInt8(hexadecimal >> 8 & 255),
                blue: UInt8(hexadecimal & 255))
        }

        /// Black or white, whichever has the higher contrast ratio with this colour (WCAG 2); at luminance
        /// 0.179 both are equal.
        public var contrast: Color { luminance > 0.179 ? Color(0x000000) : Color(0xFFFFFF) }

        /// The relative luminance, 0…1; the polynomial for sRGB's curve is exact to 0.003.
        package var luminance: Double {
            func linear(_ value: UInt8) -> Double {
                let v = Double(value) / 255
                return v * (v * (v * 0.305306011 + 0.682171111) + 0.012522878)
            }
            return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
        }

        /// Mixes this colour with another: 0 is this colour, 1 the other.
        func mixed(with other: Color, _ part: Float) -> Color {
            func mix(_ a: UInt8, _ b: UInt8) -> UInt8 { UInt8(Float(a) + (Float(b) - Float(a)) * part + 0.5) }
            return Color(
                red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
        }
    }

    /// Returns the colour of an object or a class by its index; indices from 32 repeat the colours.
    public static func color(_ index: Int) -> Color {
        colors[Int(UInt(bitPattern: index) % UInt(colors.count))]
    }

    /// After the first seven, each colour is the one in an even grid that is farthest in OKLab from those
    /// before it, without greys and extremes.
    private static let colors: [Color] = [
        0x56B4E9, 0xF0E442, 0xD55E00, 0xCC79A7, 0x009E73, 0xE69F00, 0x0072B2, 0x9600FF, 0x00FF00, 0xFF00E1,
        0x5AFFD2,
        0x1E3CFF, 0xFF0069, 0x786900, 0xA50F96, 0x9678F0, 0xFFC3FF, 0x78C31E, 0x964B4B, 0xFFA596, 0x785A96,
        0xFF87FF,
        0x96A55A, 0xC3001E, 0x1E7800, 0xD24BFF, 0xA5FF69, 0x3C87FF, 0x5A4BD2, 0xFF5AB4, 0xC33C78, 0xB4E196,
    ].map { Color($0) }
}
