#if !canImport(ImageIO)
    import CSpanielFormats

    /// A library of the system that was looked for when it was first needed.
    package struct SystemLibrary: Sendable {
        /// As the loader knows it.
        package let file: String
        /// Debian's and Ubuntu's package of it.
        package let package: String
        package let isHere: Bool

        package init(file: String, package: String, isHere: Bool) {
            self.file = file
            self.package = package
            self.isHere = isHere
        }

        /// Refuses a picture whose library is missing; the message names the package.
        package func require(for format: ImageFormat, name: String) throws(ImagingError) {
            guard !isHere else { return }
            throw .format(
                file: name, found: "\(format.name) without the library that reads it, \(file)",
                fix: "install that (Debian package \(package)), or \(format.converter)")
        }

        /// Memory that a library fills with samples, or the error that its words mean.
        static func pixels(
            count: Int, library: String, name: String,
            fill: (UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<CChar>) -> spaniel_formats_status
        ) throws(ImagingError) -> [UInt8] {
            var message = [CChar](repeating: 0, count: Int(SPANIEL_FORMATS_MESSAGE))
            var status = SPANIEL_FORMATS_OK
            let pixels = [UInt8](unsafeUninitializedCapacity: count) { pixels, filled in
                status = fill(pixels.baseAddress, &message)
                filled = status == SPANIEL_FORMATS_OK ? count : 0
            }
            try check(status, message, library: library, name: name)
            return pixels
        }

        /// The error that a status and a library's words mean.
        static func check(
            _ status: spaniel_formats_status, _ message: [CChar], library: String, name: String
        ) throws(ImagingError) {
            let text = String(
                decoding: message.prefix { $0 != 0 }.map { $0 < 32 ? 32 : UInt8(bitPattern: $0) },
                as: UTF8.self)
            switch status {
            case SPANIEL_FORMATS_OK: return
            case SPANIEL_FORMATS_TRUNCATED:
                throw .truncated(file: name, found: "\(library) says \(text)")
            case SPANIEL_FORMATS_UNSUPPORTED, SPANIEL_FORMATS_NO_DECODER:
                throw .unsupported(file: name, found: "this kind of picture (\(library): \(text))")
            case SPANIEL_FORMATS_OUT_OF_MEMORY:
                throw .unsupported(
                    file: name, found: "a picture that needs more memory than there is (\(library))")
            default: throw .corrupt(file: name, found: "\(library) says \(text)")
            }
        }
    }

    extension ImageFormat {
        /// The library that reads the format; nil for what is linked, and for formats that are not read.
        package var library: SystemLibrary? {
            switch self {
            case .webp: WebP.library
            case .tiff: TIFF.library
            case .heic, .avif: HEIF.library
            case .png, .jpeg, .other: nil
            }
        }
    }
#endif
