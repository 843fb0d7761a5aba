public import SpanielFiles
import SpanielPlatform

/// Says what is wrong with a picture or a mask; every case names the file.
public enum ImagingError: SpanielError, Equatable {
    /// There is no file at the path.
    case missing(file: String)
    /// A folder stands where a file is expected.
    case directory(file: String)
    /// The system refused to read the file; `reason` says why.
    case unreadable(file: String, reason: String)
    /// The file has no bytes.
    case empty(file: String)
    /// The file has more bytes than `Limits.fileBytes`.
    case fileTooLarge(file: String, bytes: Int)
    /// The file has no format that is read here; `found` says what it looks like and `fix` what helps.
    case format(file: String, found: String, fix: String)
    /// The file ends before its picture does; `found` says where.
    case truncated(file: String, found: String)
    /// The file contradicts its format; `found` says how.
    case corrupt(file: String, found: String)
    /// The file is of a kind that is not decoded, though its format is.
    case unsupported(file: String, found: String)
    /// The width or the height is zero.
    case noPixels(file: String, width: Int, height: Int)
    /// The picture has more pixels than are read.
    case tooManyPixels(file: String, width: Int, height: Int)
    /// A side has more pixels than `limit`.
    case sideTooLong(file: String, width: Int, height: Int, limit: Int)
    /// The mask has another size than its picture as displayed.
    case maskSize(file: String, expected: Size, found: Size)
    /// No pixel of the mask is set.
    case maskEmpty(file: String)
    /// Every pixel of the mask is set, so that there is no background from which to tell the object.
    case maskFull(file: String)

    /// A stable name for programs: `image.truncated`, `mask.size`.
    public var code: String {
        switch self {
        case .missing: "image.missing"
        case .directory: "image.directory"
        case .unreadable: "image.unreadable"
        case .empty: "image.empty"
        case .fileTooLarge, .tooManyPixels, .sideTooLong: "image.too-large"
        case .format: "image.format"
        case .truncated: "image.truncated"
        case .corrupt: "image.corrupt"
        case .unsupported: "image.unsupported"
        case .noPixels: "image.no-pixels"
        case .maskSize: "mask.size"
        case .maskEmpty: "mask.empty"
        case .maskFull: "mask.full"
        }
    }
}

extension ImagingError {
    /// The sentence for people: the subject, what was expected and found, and the fix.
    public var description: String {
        switch self {
        case .missing(let file):
            "\(file): there is no such file; check the name"
        case .directory(let file):
            "\(file): expected one picture, found a folder; name a file inside it"
        case .unreadable(let file, let reason):
            "\(file): cannot be read (\(reason)); check its permissions with ls -l"
        case .empty(let file):
            "\(file): expected a picture, found an empty file; copy it again"
        case .fileTooLarge(let file, let bytes):
            "\(file): expected at most \(Limits.fileBytes >> 20) MiB, found \((bytes + (1 << 20) - 1) >> 20) MiB; save a smaller picture"
        case .format(let file, let found, let fix):
            "\(file): expected a PNG, JPEG, WebP, TIFF, HEIC or AVIF picture, found \(found); \(fix)"
        case .truncated(let file, let found):
            "\(file): truncated: \(found); copy or download it again"
        case .corrupt(let file, let found):
            "\(file): damaged: \(found); copy it again or save it anew from another program"
        case .unsupported(let file, let found):
            "\(file): \(found) is not supported; save it as an ordinary 8-bit PNG or JPEG"
        case .noPixels(let file, let width, let height):
            "\(file): expected at least one pixel, found \(width) x \(height); save the picture again"
        case .tooManyPixels(let file, let width, let height):
            "\(file): expected at most \(Limits.pixels) pixels, found \(width) x \(height); save it smaller or cut it into tiles"
        case .sideTooLong(let file, let width, let height, let limit):
            "\(file): expected sides of at most \(limit) pixels, found \(width) x \(height); save it smaller or cut it into tiles"
        case .maskSize(let file, let expected, let found):
            "\(file): expected a mask of \(expected.width) x \(expected.height) pixels like its picture, found "
                + "\(found.width) x \(found.height); resize the mask to the picture as displayed, without smoothing"
        case .maskEmpty(let file):
            "\(file): expected pixels above zero where the object is, found none; paint the object in any value but zero"
        case .maskFull(let file):
            "\(file): every pixel is above zero; leave zero (black) where the object is not"
        }
    }

    /// The same sentence as `description`.
    public var message: String { description }
}

/// The largest things read; a hostile file costs no more than these.
package enum Limits {
    package static let fileBytes = 256 << 20
    /// Pillow's limit for a decompression bomb.
    package static let pixels = 178_956_970
    package static let jpegSide = 65_500
    package static let pngSide = 1_000_000
    package static let jpegScans = 500
}
