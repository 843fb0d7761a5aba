import Foundation
import SpanielTestSupport
import Tensor
import Testing

@Suite("Archives of PyTorch that are not as torch.save writes them")
struct PyTorchArchiveTests {
    private let scratch: ScratchFolder
    private let plain = TorchFile([("w", [2, 2], [1, 2, 3, 4]), ("v", [1], [5])])

    init() throws { scratch = try ScratchFolder() }

    private func read(_ bytes: [UInt8]) throws -> [Float] {
        let weights = try Weights(checkpoint: scratch.write("a.pth", bytes))
        return try weights.tensor("w", [2, 2]).array + weights.tensor("v", [1]).array
    }

    private func refusal(_ file: TorchFile) -> WeightsError? {
        #expect(throws: WeightsError.self) { try read(file.bytes) }
    }

    @Test("the plain one is read, in ZIP64 too")
    func plainFile() throws {
        var wide = plain
        wide.isWide = true
        #expect(try read(plain.bytes) == [1, 2, 3, 4, 5] && read(wide.bytes) == [1, 2, 3, 4, 5])
    }

    @Test("the checksum is the bit-by-bit one at every length")
    func checksums() throws {
        var generator = Generator(seed: 4)
        for count in 0..<70 {
            let values = (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
            let file = TorchFile([("w", [count], values)])
            let weights = try Weights(checkpoint: scratch.write("c.pth", file.bytes))
            #expect(try weights.tensor("w", [count]).array == values)
        }
    }

    @Test("a storage whose checksum is another is refused when it is read, and the pickle's at once")
    func wrongChecksum() throws {
        for (i, name) in [(2, "t/data/0"), (0, "t/data.pkl")] {
            var file = plain
            file.entries[i].checksum = 1
            let error = refusal(file)
            #expect(error?.description.contains("\(name) as it was written") == true, "\(error as Any)")
        }
        var other = plain
        other.entries[3].checksum = 1
        let weights = try Weights(checkpoint: scratch.write("o.pth", other.bytes))
        #expect(try weights.tensor("w", [2, 2]).array == [1, 2, 3, 4])
    }

    @Test("entries that overlap, occur twice, are compressed, encrypted or elsewhere are refused")
    func entries() throws {
        var overlapping = plain
        overlapping.entries[3].offset = 0
        overlapping.entries[3].localName = nil
        var twice = plain
        twice.entries[3].name = twice.entries[2].name
        var compressed = plain
        compressed.entries[2].method = 8
        var encrypted = plain
        encrypted.entries[2].flags = 1
        var beyond = plain
        beyond.entries[2].offset = 1 << 30
        var renamed = plain
        renamed.entries[2].localName = "t/data/9"
        var missing = plain
        missing.entries.remove(at: 2)
        var short = plain
        short.entries[2].bytes.removeLast(4)
        var big = plain
        big.entries[1].bytes = Array("big".utf8)
        var none = plain
        none.entries.remove(at: 0)
        for (file, words) in [
            (overlapping, "another header"), (twice, "twice"), (compressed, "compressed"),
            (encrypted, "encrypted"), (beyond, "beyond the end"), (renamed, "another header"),
            (missing, "no such entry"), (short, "12 bytes"), (big, "byteorder big"), (none, "one data.pkl"),
        ] {
            let error = refusal(file)
            #expect(error?.code == "weights.checkpoint", "\(error as Any)")
            #expect(error?.description.contains(words) == true, "\(words): \(error as Any)")
        }
    }

    @Test("two entries that share bytes are refused")
    func sharedBytes() throws {
        // The second header stands inside the first entry's bytes, as in a bomb of overlapping files.
        var inner = TorchFile([TorchFile.Entry("t/data/1", [0, 0, 0, 0])]).bytes
        inner = Array(inner.prefix(30 + 8 + 4))
        var file = TorchFile(pickle: [0x80, 2, 0x7D, 0x2E], storages: [inner, [0, 0, 0, 0]])
        let start = try #require(file.bytes.firstRange(of: Array("t/data/0".utf8) + inner)?.lowerBound)
        file.entries[3].offset = UInt32(start + 8)
        #expect(refusal(file)?.description.contains("overlap") == true)
    }

    @Test("older forms and other files are refused with what they are")
    func otherFiles() throws {
        let magic: [UInt8] = [
            0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
        ]
        var tar = [UInt8](repeating: 0, count: 1024)
        tar.replaceSubrange(257..<262, with: Array("ustar".utf8))
        let safetensors = Array("\u{2}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}{}".utf8)
        for (bytes, words) in [
            (magic, "older PyTorch"), (tar, "tar archive"), (safetensors, "safetensors"),
            (Array("version https://git-lfs".utf8), "Git LFS"), (Array("<!DOCTYPE html>".utf8), "web page"),
            ([], "cut short"), ([0x80, 2, 0x7D, 0x2E], "without an archive"),
        ] {
            let error = #expect(throws: WeightsError.self) { try read(bytes) }
            #expect(error?.description.contains(words) == true, "\(words): \(error as Any)")
        }
        let error = #expect(throws: WeightsError.self) { try Weights(checkpoint: scratch["none.pth"]) }
        #expect(error?.code == "file.missing")
    }

    @Test("a file cut anywhere, or changed anywhere, gives an error of ours or numbers")
    func damage() throws {
        let golden = try [UInt8](Data(contentsOf: PyTorchGoldenTests.folder.appending(path: "views.pth")))
        func outcome(_ bytes: [UInt8]) throws -> Bool {
            do {
                let weights = try Weights(checkpoint: scratch.write("d.pth", bytes))
                for name in weights.names.prefix(20) {
                    guard let shape = weights.shape(of: name), shape.elementCount < 1000 else { continue }
                    _ = try? weights.tensor(name, shape)
                }
                return true
            } catch is WeightsError { return false }
        }
        var readable = 0
        for count in 0..<golden.count where try outcome(Array(golden.prefix(count))) { readable += 1 }
        #expect(readable == 0)
        var generator = Generator(seed: 9)
        for _ in 0..<4000 {
            var bytes = golden
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[place] =
                    Bool.random(using: &generator)
                    ? .random(in: 0...255, using: &generator) : bytes[place] ^ 0x80
            }
            if try outcome(bytes) { readable += 1 }
        }
        #expect(readable > 100 && readable < 3900, "\(readable)")
    }
}
