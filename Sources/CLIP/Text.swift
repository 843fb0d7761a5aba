// Unicode's form C: the standard library computes it, but offers it to system libraries only (an SPI), and on
// Linux the whole of Foundation would slow every start and add 40 MB to static builds. The SPI may go with
// any toolchain, so a newer one than 6.4 builds with Foundation's, which on Linux has older tables: it leaves
// marks that Unicode added lately in the order in which they were typed.
#if canImport(FoundationEssentials) && compiler(<6.5)
    @_spi(_Unicode) import Swift
#else
    import Foundation
#endif

extension CLIP.Tokenizer {
    /// The steps from a text to the pieces that become ids.
    enum Text {
        /// Composes a text (Unicode's form C), then lowers each character by itself: a final sigma is treated
        /// like any other.
        static func normalized(_ text: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
            var scalars: [Unicode.Scalar] = []
            scalars.reserveCapacity(text.count)
            for scalar in composed(text) {
                if scalar.isASCII {
                    scalars.append(
                        ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) + 32) : scalar)
                } else {
                    scalars += scalar.properties.lowercaseMapping.unicodeScalars
                }
            }
            return scalars
        }

        private static func composed(_ text: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
            // Characters below U+0300 are composed already, and no two of them compose.
            if text.allSatisfy({ $0.value < 0x300 }) { return Array(text) }
            let string = String(String.UnicodeScalarView(text))
            #if canImport(FoundationEssentials) && compiler(<6.5)
                return Array(string._nfc)
            #else
                return Array(string.precomposedStringWithCanonicalMapping.unicodeScalars)
            #endif
        }

        /// Cuts a normalised text into runs of letters, single digits, runs of signs, and English
        /// contractions; spaces are dropped.
        ///
        ///     <\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+
        ///
        /// If the names of the two tokens are still in the text here, they are cut again into signs, letters
        /// and signs.
        static func forEachPiece(
            of text: [Unicode.Scalar].SubSequence, _ body: (ArraySlice<Unicode.Scalar>) -> Void
        ) {
            var rest = text
            func take(_ count: Int) {
                body(rest.prefix(count))
                rest = rest.dropFirst(count)
            }
            while let first = rest.first {
                if first == "<",
                    let name = specialWords.first(where: { rest.starts(with: "<|\($0)|>".unicodeScalars) })
                {
                    take(2)
                    take(name.count)
                    take(2)
                } else if first == "'",
                    let tail = contractions.first(where: { rest.dropFirst().starts(with: $0) })
                {
                    take(1 + tail.count)
                } else {
                    switch kind(first) {
                    case .space: rest = rest.dropFirst()
                    case .digit: take(1)
                    case let kind: take(rest.prefix { Self.kind($0) == kind }.count)
                    }
                }
            }
        }

        private static let specialWords = ["startoftext", "endoftext"]
        private static let contractions = ["s", "t", "re", "ve", "m", "ll", "d"].map {
            Array($0.unicodeScalars)
        }

        private enum Kind { case space, letter, digit, sign }

        private static func kind(_ scalar: Unicode.Scalar) -> Kind {
            if scalar.isASCII {
                switch scalar {
                case "a"..."z", "A"..."Z": return .letter
                case "0"..."9": return .digit
                case " ", "\t"..."\r": return .space
                default: return .sign
                }
            }
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
                return .letter
            case .decimalNumber, .letterNumber, .otherNumber: return .digit
            default: return scalar.properties.isWhitespace ? .space : .sign
            }
        }
    }
}
