import Foundation
import SpanielFiles
import SpanielTestSupport
import Tensor
import Testing

@Suite("Packed matrices that are kept in a folder")
struct PackedFolderTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    /// Every layer that keeps what it packs, of sizes that fill no panel.
    private struct Model {
        let linear: Linear
        let scaled: Linear
        let convolution: Conv2d
        let enlarging: ConvTranspose2d
        let folded: Conv2d
        let foldedLinear: Linear
        let table: Embedding

        init(_ weights: Weights, _ precision: Tensor.Precision) throws {
            let weights = weights.computing(in: precision)
            linear = try Linear(weights["linear"], in: 37, out: 29)
            scaled = try Linear(
                weights["scaled"], in: 37, out: 29, scaledBy: weights["scaled"].tensor("factors", [29]))
            convolution = try Conv2d(weights["convolution"], in: 5, out: 7, kernel: 3, stride: 1)
            enlarging = try ConvTranspose2d(weights["enlarging"], in: 5, out: 7, kernel: 2)
            folded = try Conv2d(folding: weights["folded"], in: 5, out: 7, kernel: 3, stride: 1)
            foldedLinear = try Linear(folding: weights["point"], in: 5, out: 7)
            table = try Embedding(weights["table"], count: 11, channels: 3)
            try weights.requireAllRead()
        }

        /// What all of it makes of the same numbers, to the bit.
        var answers: [UInt32] {
            var generator = Generator(seed: 5)
            let rows = generator.tensor([4, 37])
            let grid = generator.tensor([1, 4, 6, 5])
            return [
                linear(rows), scaled(rows), convolution(grid), enlarging(grid), folded(grid),
                foldedLinear(grid), table([10, 0, 3]),
            ].flatMap { $0.array.map(\.bitPattern) }
        }
    }

    private static let shapes: [(String, Tensor.Shape)] =
        [
            ("linear.weight", [29, 37]), ("linear.bias", [29]), ("scaled.weight", [29, 37]),
            ("scaled.bias", [29]), ("scaled.factors", [29]), ("convolution.weight", [7, 5, 3, 3]),
            ("convolution.bias", [7]), ("enlarging.weight", [5, 7, 2, 2]), ("enlarging.bias", [7]),
            ("folded.c.weight", [7, 5, 3, 3]), ("point.c.weight", [7, 5, 1, 1]), ("table.weight", [11, 3]),
        ]
        + ["folded", "point"].flatMap { place in
            ["weight", "bias", "running_mean", "running_var"].map { ("\(place).bn.\($0)", [7]) }
        }

    private static func tensors(seed: UInt64 = 1, besides: [String] = []) -> [(String, Tensor)] {
        var generator = Generator(seed: seed)
        return shapes.map { ($0, generator.tensor($1, in: 0.1...1)) }
            + besides.map { ($0, Tensor([1], [1])) }
    }

    private func load(
        _ precision: Tensor.Precision = .float32, seed: UInt64 = 1, besides: [String] = []
    ) throws -> Model { try Self.load(scratch("kept"), precision, seed: seed, besides: besides) }

    private static func load(
        _ folder: String, _ precision: Tensor.Precision = .float32, seed: UInt64 = 1, besides: [String] = []
    ) throws -> Model {
        try PackedFolder.$current.withValue(PackedFolder(folder)) {
            try PackedFolder.load {
                try Model(Weights(tensors(seed: seed, besides: besides), name: "tiny"), precision)
            }
        }
    }

    private var files: [URL] {
        get throws {
            _ = try scratch.folder("kept")
            return try FileManager.default.contentsOfDirectory(
                at: scratch["kept"], includingPropertiesForKeys: nil
            ).filter { $0.pathExtension == "packed" }
        }
    }

    private var only: URL {
        get throws {
            let files = try files
            try #require(files.count == 1)
            return files[0]
        }
    }

    // MARK: Hits

    @Test(
        "what is kept computes the bits of what is packed, the first time and later",
        arguments: Tensor.Precision.allCases)
    func bits(_ precision: Tensor.Precision) throws {
        let plain = try Model(Weights(Self.tensors(), name: "tiny"), precision).answers
        #expect(try files.isEmpty)
        #expect(try load(precision).answers == plain)
        let file = try only
        let before = try FileStatus(file)
        #expect(try load(precision).answers == plain)
        #expect(try FileStatus(file) == before)
    }

    @Test("a matrix that is kept is not made again", .enabled(if: InstructionSet.current != .reference))
    func kept() throws {
        var made = 0
        func load() throws -> [Float] {
            try PackedFolder.$current.withValue(PackedFolder(scratch("kept"))) {
                try PackedFolder.load {
                    let weights = Weights([("a", Tensor([1, 2, 3, 4], [2, 2]))], name: "tiny")
                        .computing(in: .float32)
                    let tensor = try weights.promised("a", [2, 2])
                    let matrix = try weights.packed("a", [2, 2], precision: .float32) {
                        made += 1
                        return try tensor.tensor()
                    }
                    return linear(Tensor([1, 0, 0, 1], [2, 2]), matrix).array
                }
            }
        }
        _ = try scratch.folder("kept")
        for _ in 0..<3 { #expect(try load() == [1, 3, 2, 4]) }
        #expect(made == 1)  // the first load takes the kept one too
    }

    @Test("a tensor that nothing reads is an error with kept matrices too")
    func unread() throws {
        _ = try scratch.folder("kept")
        _ = try load()
        let error = WeightsError.unread(model: "tiny", tensors: ["more"])
        #expect(throws: error) { try load(besides: ["more"]) }
        #expect(throws: error) { try load(besides: ["more"]) }
        #expect(try files.count == 1)  // a model that does not load leaves none
    }

    @Test("other weights and other precisions have files of their own")
    func apart() throws {
        _ = try scratch.folder("kept")
        let first = try load().answers
        #expect(try load(seed: 2).answers != first)
        #expect(try files.count == 2)
        _ = try load(.bfloat16)
        #expect(try files.count == 3)
        #expect(try load().answers == first)
    }

    @Test("where two layers pack something under one name, each has its own")
    func twice() throws {
        _ = try scratch.folder("kept")
        func load() throws -> [[Float]] {
            try PackedFolder.$current.withValue(PackedFolder(scratch("kept"))) {
                try PackedFolder.load {
                    let weights = Weights([("a", Tensor([0], [1]))], name: "tiny").computing(in: .float32)
                    return try [Float(1), 2].map { value in
                        let matrix = try weights.packed("a", [1, 1], precision: .float32) {
                            Tensor([value], [1, 1])
                        }
                        return linear(Tensor([1], [1, 1]), matrix).array
                    }
                }
            }
        }
        for _ in 0..<3 { #expect(try load() == [[1], [2]]) }
    }

    @Test("what was loaded is given back with the model, though the folder knew of it")
    func lifetime() throws {
        weak var known: PackedFolder?
        try {
            let folder = PackedFolder(try scratch.folder("kept"))
            known = folder
            let model = try PackedFolder.$current.withValue(folder) {
                try Model(Weights(Self.tensors(), name: "tiny"), .float32)
            }
            #expect(known != nil && !model.answers.isEmpty)
        }()
        #expect(known == nil)
    }

    // MARK: Files that do not count

    @Test("a file that is cut off, changed, or another is written anew", .enabled(if: keeps))
    func damaged() throws {
        _ = try scratch.folder("kept")
        let answers = try load().answers
        let file = try only
        let whole = try [UInt8](Data(contentsOf: file))
        let headerCount = Int(whole[0]) | Int(whole[1]) << 8
        var damaged: [(String, [UInt8])] = [
            ("empty", []), ("zeros", [UInt8](repeating: 0, count: whole.count)),
            ("longer", whole + [0]),
        ]
        for count in [1, 7, 8, 9, 100, headerCount + 8, headerCount + 9, whole.count - 64, whole.count - 1] {
            damaged.append(("cut to \(count)", Array(whole.prefix(count))))
        }
        var generator = Generator(seed: 3)
        for _ in 0..<200 {
            var bytes = whole
            let at = Int.random(in: 0..<headerCount + 8, using: &generator)
            bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            damaged.append(("bit of byte \(at)", bytes))
        }
        for at in [headerCount + 8, whole.count / 2, whole.count - 1] {
            var bytes = whole
            bytes[at] ^= 0x40
            damaged.append(("number at \(at)", bytes))
        }
        for (what, bytes) in damaged {
            try Data(bytes).write(to: file)
            #expect(try load().answers == answers, "\(what)")
            #expect(try load().answers == answers, "\(what), again")
        }
        #expect(try [UInt8](Data(contentsOf: file)).count == whole.count)
    }

    @Test("a file of another layout of the kernels counts as absent", .enabled(if: keeps))
    func layout() throws {
        _ = try scratch.folder("kept")
        let answers = try load().answers
        let file = try only
        let kept = try Safetensors(contentsOf: file)
        let key = try #require(kept.metadata["key"])
        #expect(key.contains(InstructionSet.current.rawValue))
        // Whole, with names and shapes that are right, and every number wrong.
        let wrong = kept.entries.map { ($0.name, Tensor.zeros(Tensor.Shape($0.shape))) }
        try Safetensors.write(wrong, metadata: ["key": key + " of another build"], to: file)
        #expect(try load().answers == answers)
        #expect(try Safetensors(contentsOf: file).metadata["key"] == key)
    }

    @Test("matrices that a file lacks are packed, and the file is written with them", .enabled(if: keeps))
    func lacking() throws {
        _ = try scratch.folder("kept")
        let answers = try load().answers
        let file = try only
        let kept = try Safetensors(contentsOf: file)
        let some = try kept.entries.dropFirst(3).map { ($0.name, try kept.tensor($0)) }
        try Safetensors.write(some, metadata: kept.metadata, to: file)
        #expect(try load().answers == answers)
        #expect(try Safetensors(contentsOf: file).entries.map(\.name) == kept.entries.map(\.name))
    }

    // MARK: Writing

    @Test("several that load at once all get the right numbers and leave one whole file", .enabled(if: keeps))
    func atOnce() async throws {
        let kept = try scratch.folder("kept")
        let plain = try Model(Weights(Self.tensors(), name: "tiny"), .float32).answers
        let answers = try await withThrowingTaskGroup(of: [UInt32].self) { group in
            for _ in 0..<8 { group.addTask { try Self.load(kept).answers } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers == Array(repeating: plain, count: 8))
        #expect(try load().answers == plain)
        let file = try only
        #expect(scratch.paths.filter { $0.hasSuffix(".tmp") } == [])
        #expect(try Safetensors(contentsOf: file).entries.count == 7)
    }

    @Test("a folder that cannot be written to is an error, and no numbers are lost where it holds all")
    func unwritable() throws {
        guard Self.keeps else { return }
        #expect(throws: PackedFolderError.self) { try load() }  // there is no such folder
        _ = try scratch.folder("kept")
        let answers = try load().answers
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o555], ofItemAtPath: scratch("kept"))
        #expect(try load().answers == answers)
    }

    // MARK: Digests

    @Test("a model file's digest is kept until the file changes")
    func digest() throws {
        let folder = scratch["model"]
        _ = try scratch.folder("model")
        _ = try scratch.folder("kept")
        func write(_ seed: UInt64) throws {
            let file = folder.appending(path: "model.safetensors")
            try Safetensors.write(Self.tensors(seed: seed), to: file)
        }
        func digest() throws -> String {
            try PackedFolder.$current.withValue(PackedFolder(scratch("kept"))) {
                try PackedFolder.load {
                    let weights = try Weights(contentsOf: folder)
                    _ = try Model(weights, .float32)
                    return weights.sha256
                }
            }
        }
        func kept() throws -> [String] {
            try scratch.names().isEmpty ? [] : scratch.paths.filter { $0.hasSuffix(".digest") }
        }
        try write(1)
        let first = try Weights(contentsOf: folder).sha256
        #expect(try digest() == first)
        #expect(try kept() == [])  // it changed a moment ago, and may do so again unseen
        Thread.sleep(forTimeInterval: 2.2)
        #expect(try digest() == first)
        let file = try #require(try kept().first)
        #expect(try digest() == first)
        // One that was changed, even to another digest, is not believed.
        let text = try String(contentsOf: scratch[file], encoding: .utf8)
        for damaged in ["", String(text.dropFirst()), "0" + text.dropFirst(), text + "0"] {
            try scratch.write(file, damaged)
            #expect(try digest() == first)
        }
        try write(2)
        let second = try digest()
        #expect(try second != first && second == Weights(contentsOf: folder).sha256)
    }

    /// The reference packs nothing.
    private static let keeps = InstructionSet.current != .reference
}

/// What tells whether a file was written again.
private struct FileStatus: Equatable {
    let number: UInt64?
    let date: Date?

    init(_ file: URL) throws {
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
        number = (attributes[.systemFileNumber] as? NSNumber)?.uint64Value
        date = attributes[.modificationDate] as? Date
    }
}
