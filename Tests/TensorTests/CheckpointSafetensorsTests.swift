import CSpanielKernels
import Foundation
import SpanielFiles
import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing

@Suite("Safetensors files")
struct CheckpointSafetensorsTests {
    @Test("every kind of number is read as torch reads it, aligned or not")
    func numbers() throws {
        let file = try Safetensors(contentsOf: checkpointGoldens.appending(path: "numbers.safetensors"))
        let expected = try JSON(parsing: Data(contentsOf: checkpointGoldens.appending(path: "numbers.json")))
        #expect(file.metadata == ["format": "pt"])
        #expect(file.entries.count == expected.object?.count)
        for (name, values) in try #require(expected.object) {
            let entry = try #require(file.entry(name))
            #expect(entry.shape == values["shape"]?.array?.compactMap(\.int))
            if let bits = values["bits"]?.array?.compactMap(\.int) {
                let found = try file.tensor(entry).array
                #expect(found.count == bits.count)
                for (value, bits) in zip(found, bits) {
                    let want = Float(bitPattern: UInt32(bits))
                    #expect(
                        value.bitPattern == want.bitPattern || value.isNaN && want.isNaN,
                        "\(name): \(value), expected \(want)")
                }
            } else {
                #expect(
                    try file.integers(entry)
                        == values["integers"]?.array?.compactMap { $0.int.map(Int64.init) }, "\(name)")
                #expect(throws: WeightsError.self) { try file.tensor(entry) }
            }
        }
    }

    @Test(
        "a tensor read in many pieces is whole, of every width",
        arguments: [(Safetensors.ElementType.float32, 4), (.float16, 2), (.bfloat16, 2), (.float64, 8)])
    func pieces(type: Safetensors.ElementType, width: Int) throws {
        let count = 600_001
        // Small whole numbers, which every type holds exactly.
        let expected = (0..<count).map { Float($0 &* 7919 % 251) - 125 }
        let bytes: [UInt8] = expected.flatMap { value -> [UInt8] in
            let bits: UInt64 =
                switch type {
                case .float16: UInt64(Float16(value).bitPattern)
                case .bfloat16: UInt64(value.bitPattern >> 16)
                case .float64: Double(value).bitPattern
                default: UInt64(value.bitPattern)
                }
            return (0..<width).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt64($0))) }
        }
        let header =
            #"{"x":{"dtype":"\#(type.rawValue)","shape":[\#(count)],"data_offsets":[0,\#(bytes.count)]}}"#
        let start = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
        let scratch = try ScratchFolder()
        try Data(start + header.utf8 + bytes).write(to: scratch["x.safetensors"])
        let file = try Safetensors(contentsOf: scratch["x.safetensors"])
        #expect(try file.tensor(#require(file.entry("x"))).array == expected)
    }

    @Test("all 65,536 halves become the floats they are")
    func halves() {
        let halves = (0...UInt16.max).map { $0 }
        var floats = [Float](repeating: 0, count: halves.count)
        spaniel_widen_f16(&floats, halves, halves.count)
        for (half, float) in zip(halves, floats) {
            let expected = Float(Float16(bitPattern: half))
            #expect(float.bitPattern == expected.bitPattern || float.isNaN && expected.isNaN, "\(half)")
        }
        spaniel_widen_bf16(&floats, halves, halves.count)
        #expect(zip(halves, floats).allSatisfy { $1.bitPattern == UInt32($0) << 16 })
    }

    @Test("a file is written byte for byte as the published writer writes it")
    func writing() throws {
        let golden = checkpointGoldens.appending(path: "written.safetensors")
        let scratch = try ScratchFolder()
        let values: [(String, Safetensors.Values)] = [
            ("b.weight", .float32(Tensor([1.5, -2, 0], [1, 3]))), ("a.weight", .float32(Tensor([3.25], [1]))),
            ("a.flag", .bool([true, false], [2])),
            ("z.bytes", .uint8([7, 8, 9], [3])), ("c.count", .int64([1, -2], [2, 1])),
            ("é \"x\"", .float32(Tensor([1], []))),
        ]
        try Safetensors.write(values, metadata: ["format": "pt"], to: scratch["out"])
        #expect(try Data(contentsOf: scratch["out"]) == Data(contentsOf: golden))
        #expect(try scratch.names() == ["out"])
        let read = try Safetensors(contentsOf: scratch["out"])
        #expect(try read.tensor(try #require(read.entry("b.weight"))).array == [1.5, -2, 0])
        #expect(try read.integers(try #require(read.entry("c.count"))) == [1, -2])
    }

    @Test("a name that stands twice, or that only the header may have, is not written")
    func writingRefused() throws {
        let scratch = try ScratchFolder()
        let one = Tensor([1], [1])
        for names in [["a", "a"], ["__metadata__"]] {
            #expect(throws: WeightsError.self) {
                try Safetensors.write(names.map { ($0, one) }, to: scratch["out"])
            }
        }
        #expect(throws: WeightsError.self) {
            try Safetensors.write([("a", one)], to: scratch["no/such/folder"])
        }
        #expect(try scratch.names() == [])
    }

    @Test("random tensors come back bit for bit", arguments: 0..<20)
    func roundTrip(seed: UInt64) throws {
        var generator = Generator(seed: seed)
        let scratch = try ScratchFolder()
        let tensors = (0..<Int.random(in: 0...6, using: &generator)).map { index in
            let extents = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                Int.random(in: 0...5, using: &generator)
            }
            return ("tensor.\(index)", generator.tensor(Tensor.Shape(extents), in: -1e6...1e6))
        }
        try Safetensors.write(tensors, metadata: ["seed": "\(seed)"], to: scratch["x"])
        let file = try Safetensors(contentsOf: scratch["x"])
        #expect(file.metadata == ["seed": "\(seed)"] && file.entries.count == tensors.count)
        for (name, tensor) in tensors {
            let read = try file.tensor(try #require(file.entry(name)))
            #expect(read.shape == tensor.shape && read.array == tensor.array)
        }
    }

    // MARK: What is no safetensors file

    /// The eight bytes that announce a header.
    static func announce(_ count: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
    }

    @Test(
        "a file that lies about its header is refused before anything is allocated for it",
        arguments: [
            0, 1, 7, 8, 9, 100_000_000, 100_000_001, 1 << 31, 1 << 32, 1 << 63, UInt64.max, UInt64.max - 7,
        ] as [UInt64])
    func lyingHeader(count: UInt64) throws {
        let scratch = try ScratchFolder()
        let file = try scratch.write("model.safetensors", Self.announce(count) + Array("{}".utf8))
        let error = #expect(throws: WeightsError.self) { try Safetensors(contentsOf: file) }
        #expect(error?.description.contains("model.safetensors") == true)
    }

    @Test("a file too short for a header, or of another format, is named as what it is")
    func otherFormats() throws {
        let scratch = try ScratchFolder()
        let cases: [([UInt8], String)] = [
            ([], "a file of 0 bytes"), ([1, 0, 0], "a file of 3 bytes"),
            (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "git lfs pull"),
            (Array("<!DOCTYPE html><html>".utf8), "a web page"),
            (Array("PK\u{3}\u{4}\0\0\u{8}\u{8}\0\0".utf8), "save it as safetensors"),
            (Array("GGUF\u{3}\0\0\0".utf8), "a GGUF file"),
            (Self.announce(300) + Array("{}".utf8), "a header of 300 bytes in a file of 10"),
        ]
        for (bytes, text) in cases {
            let file = try scratch.write("x.safetensors", bytes)
            let error = #expect(throws: WeightsError.self) { try Safetensors(contentsOf: file) }
            #expect(error?.code == "weights.format")
            #expect(error?.description.contains(text) == true, "\(String(describing: error))")
        }
        #expect(throws: WeightsError.file(.missing(path: scratch["none"].path))) {
            try Safetensors(contentsOf: scratch["none"])
        }
        #expect(throws: WeightsError.self) { try Safetensors(contentsOf: scratch.url) }
        #expect(throws: WeightsError.self) { try Safetensors(contentsOf: URL(filePath: "/dev/zero")) }
    }

    @Test("a file cut at any byte is refused")
    func cut() throws {
        let scratch = try ScratchFolder()
        let whole = try Data(contentsOf: checkpointGoldens.appending(path: "written.safetensors"))
        for count in 0..<whole.count {
            let file = try scratch.write("x", whole.prefix(count))
            #expect(throws: WeightsError.self) { try Safetensors(contentsOf: file) }
        }
    }

    #if os(Linux)
        @Test("a hostile header of 40 MB takes no more memory than a few times itself")
        func memory() async {
            // In a process of its own, so that the peak is this file's.
            await #expect(processExitsWith: .success) {
                let scratch = try ScratchFolder()
                let before = try peakKilobytes()
                let size = 40_000_000
                for unit in ["[],", "{\"a\":0},", "0,", "\"\","] {
                    let start = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"x\":["
                    var bytes = CheckpointSafetensorsTests.announce(UInt64(size)) + Array(start.utf8)
                    let unit = Array(unit.utf8)
                    while bytes.count + unit.count <= size + 8 { bytes += unit }
                    bytes += [UInt8](repeating: 0x20, count: size + 8 - bytes.count)
                    let file = try scratch.write("x", bytes)
                    #expect(throws: WeightsError.self) { try Safetensors(contentsOf: file) }
                }
                // The bytes here, their copy as Data, and the header read back: three times the file, and
                // nothing that grows with its pieces.
                #expect(try peakKilobytes() - before < 4 * size / 1000)
            }
        }
    #endif
}

/// The most memory this process has had.
private func peakKilobytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return try #require(Int(line.filter(\.isNumber)))
}
