import Foundation
import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing

/// A header with what the published safetensors says of it (`Tests/Goldens/Scripts/checkpoint.py`).
struct HeaderCase: CustomTestStringConvertible {
    let name: String
    let header: [UInt8]
    let dataCount: Int
    let accepted: Bool
    /// Why this reader refuses what the reference accepts.
    let stricter: String?

    init(_ json: JSON) throws {
        name = try #require(json["name"]?.string)
        let encoded = try #require(json["header"]?.string)
        header = Array(try #require(Data(base64Encoded: encoded)))
        dataCount = try #require(json["data"]?.int)
        accepted = json["accepted"] == true
        stricter = json["stricter"]?.string
    }

    var testDescription: String { name }

    static func load(_ file: String) -> [HeaderCase] {
        do {
            let json = try JSON(parsing: Data(contentsOf: checkpointGoldens.appending(path: file)))
            return try (json.array ?? []).map(HeaderCase.init)
        } catch {
            fatalError("\(file): \(error)")
        }
    }

    func read() throws(WeightsError) -> SafetensorsHeader {
        try SafetensorsHeader(parsing: header, dataCount: dataCount, file: "model.safetensors")
    }
}

let checkpointGoldens = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(
        path: "Goldens/Checkpoint")

@Suite("The verdict on safetensors headers")
struct CheckpointVerdictTests {
    /// The rules by which this reader is stricter than the reference, each with what its message holds.
    static let stricterRules = [
        "white space before the first brace": "byte 0: expected '{', found byte 0x",
        "a name twice": "stands twice",
        "a tensor in another form": "expected",
        "more than 64 axes": "a shape of at most 64 extents",
        "an extent beyond 2^63 - 1": "extents below 2^63",
        "a product beyond 2^63 - 1": "fewer than 2^63 bits",
    ]

    @Test(
        "it is the reference's, but for the rules written down", arguments: HeaderCase.load("verdicts.json"))
    func fixed(item: HeaderCase) throws {
        if item.accepted && item.stricter == nil {
            _ = try item.read()
        } else {
            let error = #expect(throws: WeightsError.self) { try item.read() }
            let message = error?.description ?? ""
            #expect(message.hasPrefix("model.safetensors: "))
            if let rule = item.stricter {
                let part = try #require(Self.stricterRules[rule])
                #expect(message.contains(part), "\(rule): \(message)")
            }
        }
    }

    @Test("mutated headers get the reference's verdict")
    func mutations() throws {
        try check(HeaderCase.load("mutations.json"), atLeast: 150)
    }

    static let corpusPath = ProcessInfo.processInfo.environment["SPANIEL_SAFETENSORS_CORPUS"]

    @Test(
        "a large corpus gets the reference's verdict",
        .enabled(if: corpusPath != nil, "set SPANIEL_SAFETENSORS_CORPUS, see checkpoint.py"))
    func corpus() throws {
        let lines = try Data(contentsOf: URL(filePath: Self.corpusPath ?? "")).split(
            separator: UInt8(ascii: "\n"))
        try check(lines.map { try HeaderCase(JSON(parsing: $0)) }, atLeast: lines.count / 10)
    }

    /// Every difference must be a refusal by one of the stricter rules.
    private func check(_ cases: [HeaderCase], atLeast leastAccepted: Int) throws {
        var accepted = 0
        for item in cases {
            do {
                _ = try item.read()
                accepted += 1
                #expect(
                    item.accepted, "\(item.name) is accepted: \(String(decoding: item.header, as: UTF8.self))"
                )
            } catch {
                guard item.accepted else { continue }
                #expect(
                    Self.isExplained(item, error),
                    "\(item.name) is refused (\(error)): \(String(decoding: item.header, as: UTF8.self))")
            }
        }
        #expect(accepted >= leastAccepted)
    }

    private static func isExplained(_ item: HeaderCase, _ error: WeightsError) -> Bool {
        // The reference takes the last of two fields of one name, whatever the first held.
        do { _ = try JSON(parsing: item.header) } catch .duplicateKey { return true } catch {}
        let isInAnotherForm =
            error.description.contains("expected '{', found '['")
            || error.description.contains("expected a string, found '{'")
        return isInAnotherForm
            || stricterRules.contains { $0 != "a tensor in another form" && error.description.contains($1) }
    }

    @Test("forty thousand mutated headers end in a header or an error")
    func fuzz() throws {
        let pieces = [
            "{", "}", "[", "]", ",", ":", "\"", "-", "0", "9", "18446744073709551615", "9223372036854775807",
            "\\u0000", "\\ud800", "1e9",
            "F32", "F4", "\u{0}", "é",
        ]
        let seeds =
            HeaderCase.load("mutations.json").filter(\.accepted)
            + HeaderCase.load("verdicts.json").filter { $0.header.count < 1000 }
        var generator = Generator(seed: 3)
        var accepted = 0
        for _ in 0..<40_000 {
            let seed = seeds.randomElement(using: &generator)!
            var bytes = seed.header
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let position = Int.random(in: 0...bytes.count, using: &generator)
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: bytes.insert(contentsOf: pieces.randomElement(using: &generator)!.utf8, at: position)
                case 1:
                    bytes.removeSubrange(
                        position..<min(bytes.count, position + Int.random(in: 1...4, using: &generator)))
                case 2 where position < bytes.count:
                    bytes[position] = UInt8.random(in: 0...255, using: &generator)
                case 3: bytes.removeSubrange(position...)
                default:
                    bytes.insert(contentsOf: bytes[position..<min(bytes.count, position + 20)], at: position)
                }
            }
            let dataCount = [seed.dataCount, 0, 4, Int.max].randomElement(using: &generator)!
            guard let header = try? SafetensorsHeader(parsing: bytes, dataCount: dataCount, file: "x") else {
                continue
            }
            accepted += 1
            // What is accepted covers the data, and each tensor's shape is worth its bytes.
            #expect((header.entries.last?.range.upperBound ?? 0) == dataCount)
            for entry in header.entries {
                #expect(Tensor.Shape(entry.shape).elementCount * entry.type.bits == 8 * entry.range.count)
            }
        }
        #expect(accepted > 100)
    }

    @Test("more tensors than the limit are refused, as many as it allows are read")
    func manyTensors() throws {
        func header(_ count: Int) -> [UInt8] {
            Array(
                "{\((0..<count).map { "\"\($0)\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}" }.joined(separator: ","))}"
                    .utf8)
        }
        let read = try SafetensorsHeader(
            parsing: header(SafetensorsHeader.entryLimit), dataCount: 0, file: "x")
        #expect(read.entries.count == SafetensorsHeader.entryLimit)
        #expect(throws: WeightsError.self) {
            try SafetensorsHeader(parsing: header(SafetensorsHeader.entryLimit + 1), dataCount: 0, file: "x")
        }
    }
}
