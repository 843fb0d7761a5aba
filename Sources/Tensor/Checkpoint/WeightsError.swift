public import SpanielFiles
import SpanielJSON
import SpanielPlatform

/// Why a model's files could not be used.
public enum WeightsError: SpanielError, Equatable {
    /// A file or folder is missing or may not be read.
    case file(FileError)
    /// A model's folder lacks a file.
    case incomplete(folder: String, expected: String, found: String)
    /// A file is not a safetensors file.
    case notSafetensors(file: String, found: String)
    /// A safetensors header contradicts itself or its file.
    case header(file: String, tensor: String?, expected: String, found: String)
    /// The index of a sharded model contradicts itself or the files, or a file to be written has a name
    /// twice.
    case index(file: String, expected: String, found: String)
    /// The model needs a tensor that its files do not have.
    case missing(model: String, tensor: String)
    /// A tensor has another shape than the model needs.
    case shape(model: String, tensor: String, expected: [Int], found: [Int])
    /// A tensor's numbers are of a type that cannot be used.
    case type(model: String, tensor: String, expected: String, found: String)
    /// The model's files hold tensors that nothing reads.
    case unread(model: String, tensors: [String])
    /// A PyTorch checkpoint is none, contradicts itself, or holds what is not read.
    case checkpoint(file: String, expected: String, found: String)
    /// A PyTorch checkpoint names a Python function or type that weights do not need; it was not called.
    case global(file: String, name: String)
    /// A value in config.json or its like is of the wrong kind or not supported.
    case configuration(file: String, key: String, found: String, supported: String)

    /// A stable name for scripts.
    public var code: String {
        switch self {
        case .file(let error): error.code
        case .incomplete: "weights.incomplete"
        case .notSafetensors: "weights.format"
        case .header: "weights.header"
        case .index: "weights.index"
        case .missing: "weights.missing"
        case .shape: "weights.shape"
        case .type: "weights.type"
        case .unread: "weights.unread"
        case .checkpoint: "weights.checkpoint"
        case .global: "weights.global"
        case .configuration: "config.value"
        }
    }

    /// A text that names the file, what was expected and what was found.
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .incomplete(let folder, let expected, let found):
            "\(folder): expected \(expected), found \(found)"
        case .notSafetensors(let file, let found): "\(file): expected a safetensors file, found \(found)"
        case .header(let file, nil, let expected, let found):
            "\(file): in the header: expected \(expected), found \(found)"
        case .header(let file, let tensor?, let expected, let found):
            "\(file): \(Self.printable(tensor)) in the header: expected \(expected), found \(found)"
        case .index(let file, let expected, let found): "\(file): expected \(expected), found \(found)"
        case .missing(let model, let tensor):
            "\(model): there is no \(Self.printable(tensor)) (do config.json and the weights belong together?)"
        case .shape(let model, let tensor, let expected, let found):
            "\(model): \(Self.printable(tensor)) is \(found), expected \(expected) (do config.json and the weights belong together?)"
        case .type(let model, let tensor, let expected, let found):
            "\(model): \(Self.printable(tensor)) is \(found), expected \(expected)"
        case .unread(let model, let tensors):
            "\(model): nothing reads \(Self.list(tensors)) (do config.json and the weights belong together?)"
        case .checkpoint(let file, let expected, let found): "\(file): expected \(expected), found \(found)"
        case .global(let file, let name):
            "\(file): expected numbers alone, found the Python name \(Self.printable(name)), which was not called "
                + "(if you trust the file, save its state_dict() again with PyTorch)"
        case .configuration(let file, let key, let found, let supported):
            "\(file): \(Self.printable(key)) is \(found), supported: \(supported)"
        }
    }

    /// Returns the first few names, and how many more there are.
    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(5).map(printable).joined(separator: ", ")
        return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
    }

    /// Returns a name from a file, escaped and shortened so that it can neither break a line nor fill the
    /// screen.
    static func printable(_ name: String) -> String {
        let short = name.unicodeScalars.count > 200 ? String(name.unicodeScalars.prefix(200)) + "…" : name
        let isPlain = short.unicodeScalars.allSatisfy {
            $0.value > 0x20 && ![.control, .format].contains($0.properties.generalCategory)
        }
        return isPlain && !short.isEmpty
            ? short : "\"" + short.unicodeScalars.map { $0.escaped(asASCII: true) }.joined() + "\""
    }
}
