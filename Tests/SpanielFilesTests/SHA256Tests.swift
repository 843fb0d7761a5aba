import CSpanielKernels
import SpanielTestSupport
import SpanielFiles
import Testing

@Suite("SHA-256")
struct SHA256Tests {
    private func digest(_ bytes: some Sequence<UInt8>) -> String {
        var hash = SHA256()
        hash.update(bytes)
        return hash.hexadecimal()
    }

    @Test(
        "the standard's examples have the standard's digests",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func standard(text: String, expected: String) {
        #expect(digest(text.utf8) == expected)
    }

    @Test("a million letters a")
    func million() {
        let expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        #expect(digest([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)) == expected)
    }

    @Test("it does not matter in which pieces the bytes come")
    func pieces() {
        var generator = Generator(seed: 5)
        for count in 0..<300 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            var hash = SHA256()
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...100, using: &generator))
                hash.update(piece)
                rest = rest.dropFirst(piece.count)
            }
            #expect(hash.hexadecimal() == digest(bytes))
        }
    }

    @Test(
        "the processor's instructions and plain C agree",
        .enabled(if: spaniel_sha256_is_accelerated() != 0, "this processor has none"))
    func acceleration() {
        var generator = Generator(seed: 6)
        for blocks in [1, 2, 3, 100] {
            let bytes = (0..<blocks * 64 + 1).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let start = (0..<8).map { _ in UInt32.random(in: 0...UInt32.max, using: &generator) }
            for offset in 0...1 {  // aligned and not
                var (fast, plain) = (start, start)
                bytes.withUnsafeBufferPointer { buffer in
                    spaniel_sha256_blocks(&fast, buffer.baseAddress! + offset, blocks)
                    spaniel_sha256_blocks_portable(&plain, buffer.baseAddress! + offset, blocks)
                }
                #expect(fast == plain && fast != start)
            }
        }
    }
}
