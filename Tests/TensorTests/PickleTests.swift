import Foundation
import SpanielTestSupport
import Tensor
import Testing

@Suite("Pickles that are not to be trusted")
struct PickleTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    private func read(_ pickle: [UInt8], storages: [[UInt8]] = []) throws -> Weights {
        try Weights(
            checkpoint: scratch.write("p.pth", TorchFile(pickle: pickle, storages: storages).bytes))
    }

    private func refusal(_ pickle: [UInt8]) throws -> WeightsError {
        try #require(throws: WeightsError.self) { try read(pickle) }
    }

    /// Names that no weights need; they are harmless, and nothing would call them anyway.
    static let names = [
        ("builtins", "print"), ("builtins", "len"), ("builtins", "getattr"), ("builtins", "dict"),
        ("builtins", "set"), ("__builtin__", "print"), ("__builtin__", "list"), ("os", "getcwd"),
        ("os", "getpid"), ("posix", "getpid"), ("platform", "node"), ("platform", "system"),
        ("time", "time"), ("math", "sqrt"), ("operator", "add"), ("operator", "attrgetter"),
        ("functools", "partial"), ("collections", "defaultdict"), ("collections", "Counter"),
        ("datetime", "datetime"), ("random", "random"), ("string", "capwords"), ("pathlib", "PurePath"),
        ("argparse", "Namespace"), ("numpy", "dtype"), ("numpy.core.multiarray", "_reconstruct"),
        ("torch", "save"), ("torch", "zeros"), ("torch", "FloatStorages"), ("torch.nn", "Linear"),
        ("torch._utils", "_rebuild_qtensor"), ("torch._utils", "_rebuild_tensor"),
        ("torch.hub", "get_dir"), ("torch.storage", "TypedStorage"), ("mymodel", "Network"),
        ("__torch__x", "Module"), ("", ""), ("collections.OrderedDict", ""),
    ]

    @Test("a name that weights do not need is refused, however the pickle calls it", arguments: names)
    func forbidden(module: String, name: String) throws {
        let call = Array("(tR.".utf8)
        let named: [UInt8] = Pickler.global(module, name)
        var ways: [[UInt8]] = [Pickler.start + named + call]
        // In a state dict, behind a tensor's name.
        ways.append(Pickler.start + Pickler.dictionary + Pickler.text("a") + named + Array("(tRs.".utf8))
        // By the opcodes of protocol 4, and through the memo.
        let (first, second) = (Pickler.text(module), Pickler.text(name))
        ways.append([0x80, 4] + first + [0x94] + second + [0x94, 0x93] + call)
        ways.append([0x80, 4] + first + Array("q\u{7}0h\u{7}".utf8) + second + [0x93] + call)
        // By INST and by NEWOBJ.
        ways.append(Pickler.start + Array("(i\(module)\n\(name)\n.".utf8))
        ways.append(Pickler.start + named + [0x29, 0x81, 0x2E])
        // As the function of a subclass of tensors.
        let arguments: [UInt8] = named + Pickler.global("torch", "Tensor") + Array(")N".utf8)
        let subclass = Pickler.global("torch._tensor", "_rebuild_from_type_v2")
        ways.append(Pickler.start + subclass + Pickler.tuple(arguments) + Array("R.".utf8))
        for pickle in ways {
            let error = try refusal(pickle)
            #expect(error.code == "weights.global", "\(error)")
            #expect(error == .global(file: scratch["p.pth"].path, name: "\(module).\(name)"), "\(error)")
        }
    }

    @Test("a name with control characters cannot break the message's line")
    func printable() throws {
        let error = try refusal(Pickler.start + Pickler.global("os\u{1B}[2J", "getcwd") + Array("(tR.".utf8))
        #expect(!error.description.contains("\u{1B}") && error.description.contains("getcwd"))
    }

    /// Twice the list before, thirty times: 2³⁰ numbers for a reader that copies.
    private static let bomb: [UInt8] = {
        var pickle = Array("]q\u{0}".utf8)
        for i in UInt8(0)..<30 {
            pickle += Array("0](h".utf8) + [i]
            pickle += Array("h".utf8) + [i]
            pickle += Array("eq".utf8) + [i + 1]
        }
        return pickle
    }()

    @Test("a list of lists of itself, 2^30 numbers if copied, is refused in less than 50 ms")
    func memoBomb() throws {
        let clock = ContinuousClock()
        var refused: WeightsError?
        let time = try clock.measure { refused = try refusal(Pickler.start + Self.bomb + Pickler.stop) }
        #expect(refused?.description.contains("found a list") == true, "\(refused as Any)")
        // Fifty milliseconds are the goal; a busy machine gets ten times that.
        #expect(time < .milliseconds(500), "\(time)")
        var beside: [UInt8] = Pickler.start + Pickler.dictionary + Pickler.text("b") + Self.bomb
        beside += Array("s".utf8) + Pickler.text("w") + Pickler.tensor(key: "0", shape: [2])
        beside += Array("s.".utf8)
        let weights = try read(beside, storages: [little(Float(1).bitPattern) + little(Float(2).bitPattern)])
        #expect(try weights.names == ["w"] && weights.tensor("w", [2]).array == [1, 2])
    }

    @Test("modules that hold one another twice, 2^40 paths, are refused soon")
    func moduleBomb() throws {
        let type = Pickler.global("__torch__", "M")
        let made = type + Array(")".utf8) + [0x81]
        var pickle: [UInt8] = Pickler.start + made + Array("}".utf8) + Pickler.text("x")
        pickle += Pickler.tensor(key: "0", shape: [1]) + Array("sbq\u{0}0".utf8)
        for i in UInt8(0)..<40 {
            let inner: [UInt8] = Array("h".utf8) + [i]
            pickle += made + Array("}".utf8) + Pickler.text("a") + inner
            pickle += Array("s".utf8) + Pickler.text("b") + inner
            pickle += Array("sbq".utf8) + [i + 1]
            if i < 39 { pickle += Array("0".utf8) }
        }
        let error = try #require(throws: WeightsError.self) {
            try read(pickle + Pickler.stop, storages: [little(Float(1).bitPattern)])
        }
        #expect(error.code == "weights.checkpoint")
    }

    @Test("a million marks, empty tuples or duplicates end in an error, not in memory")
    func floods() throws {
        for opcode in ["(", ")", "]", "}", "N", "N2"] {
            let flood = [UInt8](repeating: UInt8(ascii: "2"), count: opcode == "N2" ? 1_000_000 : 0)
            let pickle =
                Pickler.start + Array(opcode.utf8) + flood
                + (flood.isEmpty ? [UInt8](repeating: Array(opcode.utf8)[0], count: 1_000_000) : [])
            #expect(try refusal(pickle + Pickler.stop).code == "weights.checkpoint")
        }
        let announced = Pickler.start + Array("X".utf8) + little(UInt32.max)
        #expect(try refusal(announced).description.contains("bytes"))
    }

    @Test(
        "a tensor that reaches out of its storage, or cannot be, is refused",
        arguments: [
            ([2], [1], 3, 4), ([2], [1], -1, 4), ([5], [1], 0, 4), ([2], [4], 0, 4), ([-1], [1], 0, 4),
            ([2], [-1], 1, 4), ([Int.max, 2], [1, 1], 0, 4), ([1 << 32, 1 << 32], [0, 0], 0, 4),
            ([2], [Int.max], 1, 4), ([3, 3], [0, 0], 0, 4),
            ([1, 1, 1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1, 1, 1], 0, 4),
            ([4], [1], 0, Int.max), ([4], [1], 0, 5), ([4], [1], 0, -1),
        ])
    func bounds(shape: [Int], strides: [Int], offset: Int, count: Int) throws {
        let pickle =
            Pickler.start + Pickler.dictionary + Pickler.text("w")
            + Pickler.tensor(key: "0", shape: shape, strides: strides, offset: offset, count: count)
            + Array("s.".utf8)
        let storage = [UInt8](repeating: 0, count: 16)
        let error = #expect(throws: WeightsError.self) { try read(pickle, storages: [storage]) }
        #expect(error?.code == "weights.checkpoint", "\(error as Any)")
    }

    @Test("what is no state dict is refused with what it is")
    func others() throws {
        for (pickle, words) in [
            ("N.", "something else"), ("].", "a list"), ("}.", "no tensor"), ("K\u{1}.", "a number"),
            (").", "a tuple"), ("", "the end"), (".", "none"), ("NN.", "more on the stack"),
            ("V.\n.", "0x56"), ("0.", "none"), ("h\u{3}.", "nothing"), ("(N.", "more"),
            ("}(Nu.", "an odd number"), ("Nb.", "none"), ("NNb.", "something else"),
            ("N)R.", "something else"),
            ("NQ.", "something else"), ("}N\u{1}", "opcode"),
        ] {
            let error = try refusal(Pickler.start + Array(pickle.utf8))
            #expect(error.description.contains(words), "\(pickle): \(error)")
        }
    }

    @Test("several state dicts without a usual name are refused with their names")
    func severalStateDicts() throws {
        let inner =
            Pickler.dictionary + Pickler.text("w") + Pickler.tensor(key: "0", shape: [1]) + Array("s".utf8)
        func outer(_ names: [String]) -> [UInt8] {
            names.reduce(Pickler.start + Pickler.dictionary) {
                $0 + Pickler.text($1) + inner + Array("s".utf8)
            } + Pickler.stop
        }
        let storage = [little(Float(3).bitPattern)]
        #expect(try read(outer(["ema"]), storages: storage).names == ["w"])
        #expect(try read(outer(["ema", "model"]), storages: storage).names == ["w"])
        let error = #expect(throws: WeightsError.self) { try read(outer(["a", "b"]), storages: storage) }
        #expect(error?.description.contains("2: a, b") == true)
    }
}
