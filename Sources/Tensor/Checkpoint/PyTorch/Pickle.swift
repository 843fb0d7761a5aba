/// What a pickle describes, as inert nodes that name each other by number: nothing is called, made or
/// imported. A node is shared, never copied, however often the pickle mentions it.
struct Pickle {
    /// The number of a node.
    typealias Reference = UInt32

    enum Node {
        /// None, a number or bytes that no weights need, a device, a layout.
        case opaque
        case int(Int)
        /// A place in the pickle's bytes.
        case text(start: UInt32, count: UInt32)
        /// A place in `elements`.
        case tuple(start: UInt32, count: UInt32)
        /// A number in `lists`.
        case list(UInt32)
        /// A number in `lists`, where keys and values take turns.
        case dictionary(UInt32)
        case global(PickleGlobal)
        /// A number in `storages`.
        case storage(UInt32)
        /// A number in `tensors`.
        case tensor(UInt32)
        /// An object of TorchScript: a number in `objects`, which gives its attributes.
        case object(UInt32)
    }

    /// The numbers of one or more tensors, which lie in an entry of the archive.
    struct Storage {
        let key: String
        let type: Safetensors.ElementType
        let count: Int
    }

    /// A tensor: a view of a storage.
    struct View {
        let storage: Int
        let offset: Int
        let shape: [Int]
        let strides: [Int]
    }

    let bytes: [UInt8]
    var nodes: [Node] = []
    var elements: [Reference] = []
    var lists: [[Reference]] = []
    var storages: [Storage] = []
    var tensors: [View] = []
    var objects: [Reference?] = []
    var root: Reference = 0

    subscript(reference: Reference) -> Node { nodes[Int(reference)] }

    /// A node's text, if it is one of at most 1000 bytes.
    func text(_ reference: Reference) -> String? {
        guard case .text(let start, let count) = self[reference], count <= 1000 else { return nil }
        return String(validating: bytes[Int(start)..<Int(start + count)], as: UTF8.self)
    }

    /// A tuple's elements, if it is one.
    func tuple(_ reference: Reference) -> ArraySlice<Reference>? {
        guard case .tuple(let start, let count) = self[reference] else { return nil }
        return elements[Int(start)..<Int(start + count)]
    }

    /// A dictionary's keys and values in their order, if it is one.
    func dictionary(_ reference: Reference) -> [(key: Reference, value: Reference)]? {
        guard case .dictionary(let number) = self[reference] else { return nil }
        let flat = lists[Int(number)]
        return stride(from: 0, to: flat.count - 1, by: 2).map { (flat[$0], flat[$0 + 1]) }
    }

    /// The kind of a node, for messages.
    func kind(_ reference: Reference) -> String {
        switch self[reference] {
        case .opaque: "something else"
        case .int: "a number"
        case .text: "a text"
        case .tuple: "a tuple"
        case .list: "a list"
        case .dictionary: "a dictionary"
        case .global: "the name of a function"
        case .storage: "a storage"
        case .tensor: "a tensor"
        case .object: "an object"
        }
    }
}

/// The functions and types that a pickle of weights may name. Each stands for itself; what it does in Python
/// is known here and written in `PickleMachine`.
enum PickleGlobal: Equatable {
    case orderedDictionary
    case rebuildTensor, rebuildParameter, rebuildSubclass
    case storage(Safetensors.ElementType)
    case size
    /// A function or type whose result no weights need: a device, a number format, a list of TorchScript's.
    case opaque
    /// TorchScript's note on a value's type: the value itself is the first argument.
    case tagged
    /// A class of the archive's own code, which is never read.
    case script

    /// Nil for every name that is not on the list.
    init?(_ module: String, _ name: String) {
        switch (module, name) {
        case ("collections", "OrderedDict"): self = .orderedDictionary
        case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
        case ("torch._utils", "_rebuild_parameter"), ("torch._utils", "_rebuild_parameter_with_state"):
            self = .rebuildParameter
        case ("torch._tensor", "_rebuild_from_type_v2"): self = .rebuildSubclass
        case ("torch", "Size"): self = .size
        case ("torch", "device"), ("torch", "Tensor"), ("torch.nn.parameter", "Parameter"),
            ("torch.serialization", "_get_layout"), ("_codecs", "encode"),
            ("torch.jit._pickle", "build_intlist"), ("torch.jit._pickle", "build_tensorlist"),
            ("torch.jit._pickle", "build_doublelist"), ("torch.jit._pickle", "build_boollist"):
            self = .opaque
        case ("torch.jit._pickle", "restore_type_tag"): self = .tagged
        case ("torch", let name) where Self.formats.contains(name): self = .opaque
        case ("torch", let name) where Self.storages[name] != nil:
            self = .storage(Self.storages[name] ?? .float32)
        case (let module, _) where module == "__torch__" || module.hasPrefix("__torch__."): self = .script
        default: return nil
        }
    }

    private static let storages: [String: Safetensors.ElementType] = [
        "FloatStorage": .float32, "DoubleStorage": .float64, "HalfStorage": .float16,
        "BFloat16Storage": .bfloat16, "ByteStorage": .uint8, "CharStorage": .int8,
        "ShortStorage": .int16, "IntStorage": .int32, "LongStorage": .int64, "BoolStorage": .bool,
    ]
    private static let formats: Set = [
        "float32", "float64", "float16", "bfloat16", "uint8", "int8", "int16", "int32", "int64", "bool",
    ]
}
