import SpanielJSON

/// The names and tensors of a checkpoint: of a state dict, of one inside what training scripts save, or of a
/// module of TorchScript.
struct StateDictionary {
    /// The names, and the numbers of the tensors in the pickle.
    private(set) var tensors: [(name: String, number: Int)] = []

    private let pickle: Pickle
    private let file: String
    private static let limit = 100_000
    private static let depthLimit = 64
    private static let nameLimit = 1000
    /// The most bytes of all names and paths together.
    private static let byteLimit = 16 << 20
    private var byteCount = 0
    private var known: [Pickle.Reference: Bool] = [:]
    /// Where training scripts put the model's, in the order in which they are looked for.
    private static let places = [
        "state_dict", "model_state_dict", "model_state", "model", "module", "net", "network", "weights",
    ]
    /// What wrappers put before every name.
    private static let prefixes = ["module.", "_orig_mod.", "model.", "sam."]

    init(_ pickle: Pickle, file: String) throws(WeightsError) {
        (self.pickle, self.file) = (pickle, file)
        switch pickle[pickle.root] {
        case .object: try readModule()
        case .dictionary: try read(try found())
        default: throw fault("a state dict, from names to tensors", pickle.kind(pickle.root))
        }
        var names: Set<UTF8Key> = []
        for (name, _) in tensors where !names.insert(UTF8Key(name)).inserted {
            throw fault("each name once", "\(WeightsError.printable(name)) twice")
        }
        guard !tensors.isEmpty else { throw fault("names and their tensors", "no tensor") }
        while let prefix = Self.prefixes.first(where: { prefix in
            tensors.allSatisfy { $0.name.utf8.count > prefix.utf8.count && $0.name.hasPrefix(prefix) }
        }) {
            tensors = tensors.map { (String($0.name.dropFirst(prefix.count)), $0.number) }
        }
    }

    /// The dictionary that holds the tensors: under a usual name, or the whole, or the only one below it.
    private mutating func found() throws(WeightsError) -> Pickle.Reference {
        let fields = pickle.dictionary(pickle.root) ?? []
        var inner: [(String, Pickle.Reference)] = []
        for (key, value) in fields where hasTensors(value) {
            if let name = pickle.text(key) { inner.append((name, value)) }
        }
        for place in Self.places {
            if let (_, value) = inner.first(where: { $0.0 == place }) { return value }
        }
        if hasTensors(pickle.root) { return pickle.root }
        guard let (_, value) = inner.first else { throw fault("names and their tensors", "no tensor") }
        guard inner.count == 1 else {
            let names = inner.prefix(5).map { WeightsError.printable($0.0) }.joined(separator: ", ")
            throw fault(
                "one state dict, or one under \(Self.places.joined(separator: ", "))",
                "\(inner.count): \(names) (save the one that is meant alone)")
        }
        return value
    }

    /// Whether a node is a dictionary with a tensor among its values; each is looked through once.
    private mutating func hasTensors(_ reference: Pickle.Reference) -> Bool {
        guard case .dictionary(let number) = pickle[reference] else { return false }
        if let known = known[reference] { return known }
        let flat = pickle.lists[Int(number)]
        let isThere = stride(from: 1, to: flat.count, by: 2).contains {
            if case .tensor = pickle[flat[$0]] { true } else { false }
        }
        known[reference] = isThere
        return isThere
    }

    private mutating func read(_ reference: Pickle.Reference) throws(WeightsError) {
        for (key, value) in pickle.dictionary(reference) ?? [] {
            guard case .tensor(let number) = pickle[value] else { continue }
            guard let name = pickle.text(key), !name.isEmpty else {
                throw fault("a name of 1 to \(Self.nameLimit) bytes for each tensor", pickle.kind(key))
            }
            try add(name, number)
        }
    }

    /// The tensors among an object's attributes, and those of the objects among them.
    private mutating func readModule() throws(WeightsError) {
        var rest = [(reference: pickle.root, path: "", depth: 0)]
        var visited = 0
        while let (reference, path, depth) = rest.popLast() {
            guard case .object(let number) = pickle[reference],
                let state = pickle.objects[Int(number)]
            else { continue }
            var inner: [(Pickle.Reference, String, Int)] = []
            for (key, value) in pickle.dictionary(state) ?? [] {
                visited += 1
                guard visited <= 2 * Self.limit else { throw fault("at most 200,000 attributes", "more") }
                guard let name = pickle.text(key) else { continue }
                switch pickle[value] {
                case .tensor(let number): try add(path + name, number)
                case .object:
                    guard depth < Self.depthLimit, path.utf8.count <= Self.nameLimit else {
                        throw fault("modules at most \(Self.depthLimit) deep", "more")
                    }
                    try spend(path.utf8.count + name.utf8.count)
                    inner.append((value, path + name + ".", depth + 1))
                default: break
                }
            }
            rest += inner.reversed()
        }
    }

    private mutating func add(_ name: String, _ number: UInt32) throws(WeightsError) {
        guard tensors.count < Self.limit else { throw fault("at most \(Self.limit) tensors", "more") }
        guard name.utf8.count <= Self.nameLimit else {
            throw fault("names of at most \(Self.nameLimit) bytes", "a longer one")
        }
        try spend(name.utf8.count)
        tensors.append((name, Int(number)))
    }

    private mutating func spend(_ bytes: Int) throws(WeightsError) {
        byteCount += bytes
        guard byteCount <= Self.byteLimit else {
            throw fault("names of at most \(Self.byteLimit) bytes together", "more")
        }
    }

    private func fault(_ expected: String, _ found: String) -> WeightsError {
        .checkpoint(file: file, expected: expected, found: found)
    }
}
