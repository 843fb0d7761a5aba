import SpanielJSON

/// Reads a pickle into inert nodes: a loop over its opcodes with a stack and a memo of numbers. What a node
/// of Python's would do when unpickled is never done; a name that is not on `PickleGlobal`'s list ends the
/// reading with an error that says it.
///
/// It is our own because nothing else reads pickles in Swift, and because every other reader builds what the
/// pickle says. Memory is bounded by the limits below, not by what the pickle announces.
struct PickleMachine {
    private(set) var pickle: Pickle
    private let file: String
    private(set) var offset = 0
    private var stack: [Pickle.Reference] = []
    /// The height of the stack at each open mark.
    private var marks: [Int] = []
    private var memo: [UInt32: Pickle.Reference] = [:]
    private var elementCount = 0

    /// The longest pickle that is read; that of SAM-H has 70 KB.
    static let byteLimit = 16 << 20
    /// The most nodes, elements, places on the stack, and places in the memo.
    private static let limit = 500_000

    private init(_ bytes: [UInt8], file: String) {
        pickle = Pickle(bytes: bytes)
        self.file = file
    }

    /// Reads a pickle to its end.
    /// - Throws: `WeightsError.global` for a name that is not allowed, else `.checkpoint`.
    static func read(_ bytes: [UInt8], file: String) throws(WeightsError) -> Pickle {
        var machine = PickleMachine(bytes, file: file)
        while true {
            let opcode = try machine.byte()
            if opcode == UInt8(ascii: ".") { break }
            try machine.step(opcode)
        }
        machine.pickle.root = try machine.pop()
        guard machine.stack.isEmpty, machine.marks.isEmpty else {
            throw machine.fault("one object", "more on the stack")
        }
        return machine.pickle
    }

    private mutating func step(_ opcode: UInt8) throws(WeightsError) {
        switch Opcode(rawValue: opcode) {
        case .proto: try readProtocol()
        case .frame: try skip(8)
        case .mark: try openMark()
        case .pop: _ = try pop()
        case .popMark: _ = try popToMark()
        case .dup: try push(try top())
        case .null, .newTrue, .newFalse: try push(.opaque)
        case .float: try pushOpaque(8)
        case .int1: try push(.int(Int(try byte())))
        case .int2: try push(.int(try count(2)))
        case .int4: try push(.int(Int(Int32(truncatingIfNeeded: try count(4)))))
        case .long1: try pushLong(try count(1))
        case .long4: try pushLong(try count(4))
        case .text1: try pushText(try count(1))
        case .text4: try pushText(try count(4))
        case .text8: try pushText(try count(8))
        case .bytes1, .string1: try pushOpaque(try count(1))
        case .bytes4, .string4: try pushOpaque(try count(4))
        case .bytes8: try pushOpaque(try count(8))
        case .emptyList, .emptySet: try push(.list(try newList([])))
        case .list: try push(.list(try newList(popToMark())))
        case .append: try append([try pop()])
        case .appends, .addItems: try append(try popToMark())
        case .emptyTuple: try pushTuple([])
        case .tuple: try pushTuple(try popToMark())
        case .tuple1: try pushTuple(try pop(1))
        case .tuple2: try pushTuple(try pop(2))
        case .tuple3: try pushTuple(try pop(3))
        case .emptyDictionary: try push(.dictionary(try newList([])))
        case .dictionary: try push(.dictionary(try newList(try pairs(try popToMark()))))
        case .setItem: try set(try pop(2))
        case .setItems: try set(try pairs(try popToMark()))
        case .put1: try remember(UInt32(try count(1)))
        case .put4: try remember(UInt32(try count(4)))
        case .memoize: try remember(UInt32(memo.count))
        case .get1: try recall(UInt32(try count(1)))
        case .get4: try recall(UInt32(try count(4)))
        case .global: try pushGlobal(try line(), try line())
        case .stackGlobal: try pushGlobalFromStack()
        case .instance: throw forbidden(try line(), try line())
        case .reduce: try reduce()
        case .newObject: try newObject()
        case .build: try build()
        case .persistent: try pushStorage()
        case nil:
            throw fault("an opcode that pickles of weights use", "0x\(String(opcode, radix: 16))")
        }
    }

    // MARK: Functions

    private mutating func pushGlobal(_ module: String, _ name: String) throws(WeightsError) {
        guard let global = PickleGlobal(module, name) else { throw forbidden(module, name) }
        try push(.global(global))
    }

    private mutating func pushGlobalFromStack() throws(WeightsError) {
        let names = try pop(2)
        guard let module = pickle.text(names[0]), let name = pickle.text(names[1]) else {
            throw fault("two texts before STACK_GLOBAL", "others")
        }
        try pushGlobal(module, name)
    }

    private mutating func reduce() throws(WeightsError) {
        let both = try pop(2)
        guard let arguments = arguments(both[1]), case .global(let global) = pickle[both[0]] else {
            throw fault("a function and its arguments before REDUCE", pickle.kind(both[0]))
        }
        switch global {
        case .rebuildSubclass:
            guard arguments.count >= 3, case .global(let inner) = pickle[arguments[0]],
                let rest = self.arguments(arguments[2])
            else { throw fault("a function, a type and a tuple for a tensor", "others") }
            try call(inner, rest)
        default: try call(global, arguments)
        }
    }

    private mutating func call(_ global: PickleGlobal, _ arguments: [Pickle.Reference]) throws(WeightsError) {
        switch global {
        case .orderedDictionary: try push(.dictionary(try newList(try orderedPairs(arguments))))
        case .rebuildTensor: try push(.tensor(try newTensor(arguments)))
        case .rebuildParameter, .size, .tagged:
            guard let first = arguments.first else { throw fault("an argument", "none") }
            try push(first)
        case .opaque: try push(.opaque)
        case .storage, .script, .rebuildSubclass:
            throw fault("a function that rebuilds a tensor", "another")
        }
    }

    private mutating func newObject() throws(WeightsError) {
        let type = try pop(2)[0]
        switch pickle[type] {
        case .global(.script):
            pickle.objects.append(nil)
            try push(.object(UInt32(pickle.objects.count - 1)))
        case .global(.orderedDictionary): try push(.dictionary(try newList([])))
        default: throw fault("a class of TorchScript before NEWOBJ", pickle.kind(type))
        }
    }

    /// Gives an object its attributes. Those of a dictionary (its `_metadata`) or a tensor are not needed.
    private mutating func build() throws(WeightsError) {
        let state = try pop()
        switch pickle[try top()] {
        case .object(let number): pickle.objects[Int(number)] = state
        case .dictionary, .tensor: break
        default: throw fault("an object before BUILD", pickle.kind(try top()))
        }
    }

    /// The elements of a tuple that is short enough for a function's arguments.
    private func arguments(_ reference: Pickle.Reference) -> [Pickle.Reference]? {
        guard let tuple = pickle.tuple(reference), tuple.count <= 16 else { return nil }
        return Array(tuple)
    }

    private func forbidden(_ module: String, _ name: String) -> WeightsError {
        .global(file: file, name: "\(module).\(name)")
    }

    // MARK: Tensors

    private mutating func pushStorage() throws(WeightsError) {
        let id = try pop()
        guard let parts = arguments(id), parts.count == 5, pickle.text(parts[0]) == "storage",
            case .global(.storage(let type)) = pickle[parts[1]], let key = pickle.text(parts[2]),
            case .int(let count) = pickle[parts[4]],
            count >= 0
        else { throw fault("a storage: its type, key, device and count", pickle.kind(id)) }
        pickle.storages.append(Pickle.Storage(key: key, type: type, count: count))
        try push(.storage(UInt32(pickle.storages.count - 1)))
    }

    /// `_rebuild_tensor_v2(storage, offset, shape, strides, …)`.
    private mutating func newTensor(_ arguments: [Pickle.Reference]) throws(WeightsError) -> UInt32 {
        guard arguments.count >= 4, case .storage(let number) = pickle[arguments[0]],
            case .int(let offset) = pickle[arguments[1]], let shape = ints(arguments[2]),
            let strides = ints(arguments[3]), shape.count == strides.count
        else { throw fault("a tensor: storage, offset, shape and strides", "others") }
        let view = Pickle.View(storage: Int(number), offset: offset, shape: shape, strides: strides)
        guard view.lies(in: pickle.storages[Int(number)].count) else {
            throw fault(
                "a tensor inside its storage of \(pickle.storages[Int(number)].count) numbers",
                "offset \(offset), shape \(shape), strides \(strides)")
        }
        pickle.tensors.append(view)
        return UInt32(pickle.tensors.count - 1)
    }

    /// A tuple of at most eight numbers.
    private func ints(_ reference: Pickle.Reference) -> [Int]? {
        guard let tuple = pickle.tuple(reference), tuple.count <= 8 else { return nil }
        let ints = tuple.compactMap { if case .int(let int) = pickle[$0] { int } else { nil } }
        return ints.count == tuple.count ? ints : nil
    }
}

extension Pickle.View {
    /// Whether every number of the view is one of a storage's `count`.
    func lies(in count: Int) -> Bool {
        guard offset >= 0, offset <= count, (shape + strides).allSatisfy({ $0 >= 0 }) else { return false }
        var (elements, last) = (1, offset)
        for (extent, stride) in zip(shape, strides) {
            let (product, overflow) = elements.multipliedReportingOverflow(by: extent)
            let (reach, overflow2) = max(extent - 1, 0).multipliedReportingOverflow(by: stride)
            let (sum, overflow3) = last.addingReportingOverflow(reach)
            if overflow || overflow2 || overflow3 { return false }
            (elements, last) = (product, sum)
        }
        return elements == 0 || (last < count && elements <= count)
    }
}

// MARK: - Stack, memo and bytes

extension PickleMachine {
    private mutating func push(_ node: Pickle.Node) throws(WeightsError) {
        guard pickle.nodes.count < Self.limit else { throw fault("at most \(Self.limit) objects", "more") }
        pickle.nodes.append(node)
        try push(Pickle.Reference(pickle.nodes.count - 1))
    }

    private mutating func push(_ reference: Pickle.Reference) throws(WeightsError) {
        guard stack.count < Self.limit else { throw fault("a stack of at most \(Self.limit)", "more") }
        stack.append(reference)
    }

    private func top() throws(WeightsError) -> Pickle.Reference {
        guard stack.count > marks.last ?? 0, let last = stack.last else { throw fault("a value", "none") }
        return last
    }

    private mutating func pop() throws(WeightsError) -> Pickle.Reference {
        let last = try top()
        stack.removeLast()
        return last
    }

    private mutating func pop(_ count: Int) throws(WeightsError) -> [Pickle.Reference] {
        guard stack.count - (marks.last ?? 0) >= count else { throw fault("\(count) values", "fewer") }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    private mutating func openMark() throws(WeightsError) {
        guard marks.count < Self.limit else { throw fault("at most \(Self.limit) marks", "more") }
        marks.append(stack.count)
    }

    private mutating func popToMark() throws(WeightsError) -> [Pickle.Reference] {
        guard let height = marks.popLast() else { throw fault("a mark", "none") }
        defer { stack.removeLast(stack.count - height) }
        return Array(stack[height...])
    }

    private mutating func remember(_ number: UInt32) throws(WeightsError) {
        guard memo.count < Self.limit else { throw fault("at most \(Self.limit) remembered", "more") }
        memo[number] = try top()
    }

    private mutating func recall(_ number: UInt32) throws(WeightsError) {
        guard let reference = memo[number] else { throw fault("something remembered", "nothing") }
        try push(reference)
    }

    private mutating func count(_ size: Int) throws(WeightsError) -> Int {
        guard size <= pickle.bytes.count - offset else { throw fault("\(size) bytes", "the end") }
        let value = pickle.bytes[offset..<offset + size].reversed().reduce(UInt64(0)) {
            $0 << 8 | UInt64($1)
        }
        guard let count = Int(exactly: value) else { throw fault("a number below 2^63", "\(value)") }
        offset += size
        return count
    }

    private mutating func byte() throws(WeightsError) -> UInt8 { UInt8(try count(1)) }

    private mutating func skip(_ count: Int) throws(WeightsError) {
        guard count >= 0, count <= pickle.bytes.count - offset else {
            throw fault("\(count) bytes", "\(pickle.bytes.count - offset)")
        }
        offset += count
    }

    /// A name up to the end of the line.
    private mutating func line() throws(WeightsError) -> String {
        let rest = pickle.bytes[offset...].prefix(1001)
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
            throw fault("a name of at most 1000 bytes", "no end")
        }
        defer { offset = end + 1 }
        return String(decoding: rest[..<end], as: UTF8.self)
    }

    private func fault(_ expected: String, _ found: String) -> WeightsError {
        .checkpoint(
            file: file, expected: expected, found: "\(found) (at byte \(offset) of its pickle)")
    }
}

// MARK: - Values

extension PickleMachine {
    private mutating func readProtocol() throws(WeightsError) {
        let version = try byte()
        guard version <= 5 else { throw fault("a pickle of protocol 0 to 5", "\(version)") }
    }

    private mutating func pushText(_ count: Int) throws(WeightsError) {
        let start = offset
        try skip(count)
        try push(.text(start: UInt32(start), count: UInt32(count)))
    }

    private mutating func pushOpaque(_ count: Int) throws(WeightsError) {
        try skip(count)
        try push(.opaque)
    }

    /// A whole number in two's complement; one that does not fit is none that weights need.
    private mutating func pushLong(_ size: Int) throws(WeightsError) {
        let start = offset
        try skip(size)
        guard size <= 8 else { return try push(.opaque) }
        var value = pickle.bytes[start..<offset].last.map { $0 >= 0x80 ? -1 : 0 } ?? 0
        for byte in pickle.bytes[start..<offset].reversed() { value = value << 8 | Int(byte) }
        try push(.int(value))
    }

    private mutating func pushTuple(_ references: [Pickle.Reference]) throws(WeightsError) {
        try room(references.count)
        let start = UInt32(pickle.elements.count)
        pickle.elements += references
        try push(.tuple(start: start, count: UInt32(references.count)))
    }

    private mutating func newList(_ references: [Pickle.Reference]) throws(WeightsError) -> UInt32 {
        try room(references.count)
        pickle.lists.append(references)
        return UInt32(pickle.lists.count - 1)
    }

    private mutating func append(_ references: [Pickle.Reference]) throws(WeightsError) {
        guard case .list(let number) = pickle[try top()] else {
            throw fault("a list to append to", pickle.kind(try top()))
        }
        try room(references.count)
        pickle.lists[Int(number)] += references
    }

    private mutating func set(_ references: [Pickle.Reference]) throws(WeightsError) {
        guard case .dictionary(let number) = pickle[try top()] else {
            throw fault("a dictionary to fill", pickle.kind(try top()))
        }
        try room(references.count)
        pickle.lists[Int(number)] += references
    }

    private mutating func room(_ count: Int) throws(WeightsError) {
        elementCount += count
        guard elementCount <= Self.limit else { throw fault("at most \(Self.limit) elements", "more") }
    }

    private func pairs(_ references: [Pickle.Reference]) throws(WeightsError) -> [Pickle.Reference] {
        guard references.count % 2 == 0 else { throw fault("keys and values in turn", "an odd number") }
        return references
    }

    /// The pairs of `OrderedDict([(key, value), …])`, which old versions of Python wrote.
    private mutating func orderedPairs(_ references: [Pickle.Reference]) throws(WeightsError) -> [Pickle
        .Reference]
    {
        guard let first = references.first else { return [] }
        guard case .list(let number) = pickle[first], references.count == 1 else {
            throw fault("a list of pairs for an OrderedDict", pickle.kind(first))
        }
        var flat: [Pickle.Reference] = []
        try room(pickle.lists[Int(number)].count)
        for pair in pickle.lists[Int(number)] {
            let both: [Pickle.Reference] =
                if case .list(let number) = pickle[pair] { pickle.lists[Int(number)] } else {
                    arguments(pair) ?? []
                }
            guard both.count == 2 else { throw fault("a pair in an OrderedDict", pickle.kind(pair)) }
            flat += both
        }
        return flat
    }
}
