import SpanielJSON
import SpanielTestSupport
import Testing

@Suite("Reading JSON")
struct ReadingTests {
    @Test("every kind of value is read")
    func kinds() throws {
        let json = try JSON(parsing: #" { "a" : [ 1 , -2.5e+3 , true , false , null , "x" , { } , [ ] ] } "#)
        #expect(json == ["a": [1, .number("-2.5e+3"), true, false, nil, "x", [:], []]])
        #expect(json["a"]?[1]?.double == -2500)
        #expect(json["a"]?[8] == nil)
        #expect(json["b"] == nil)
        #expect(json.object?.keys == ["a"])
    }

    @Test(
        "text that is JSON is accepted",
        arguments: [
            "0", "-0", "10", "1.5", "1e5", "1E-5", "0.0e+0", "\"\"", "[]", "{}", "[[]]", "\t\n\r null ",
            #""\u0000""#, #""\ud83d\uDE00""#,
            "\"é\u{10FFFF}\"", #"{"":0}"#, #"{"a":1,"A":2}"#, "1e308", "1e-999",
        ])
    func accepted(text: String) throws {
        _ = try JSON(parsing: text)
    }

    @Test(
        "text that is not JSON is refused, at the right byte",
        arguments: [
            ("", 0), ("  ", 2), ("01", 1), ("+1", 0), ("-", 1), (".5", 0), ("1.", 2), ("1e", 2), ("1e+", 3),
            ("0x1", 1), ("NaN", 0),
            ("Infinity", 0),
            ("tru", 3), ("nulls", 4), ("True", 0), ("[1,]", 3), ("[,1]", 1), ("[1 2]", 3), ("[1", 2),
            ("]", 0), ("[}", 1), ("{,}", 1),
            ("{\"a\"}", 4),
            ("{\"a\":}", 5), ("{\"a\":1,}", 7), ("{a:1}", 1), ("{\"a\":1 \"b\":2}", 7), ("{1:2}", 1),
            ("\"", 1), ("\"a\nb\"", 2),
            ("\"\\x\"", 2),
            ("\"\\u12g4\"", 5), ("\"\\u12", 5), ("1 1", 2), ("[1] x", 4), ("\u{FEFF}1", 0), ("{} {}", 3),
            ("\u{0B}1", 0), ("'a'", 0),
            ("/**/1", 0), ("1\0", 1), (#""\ud800""#, 1), (#""\ud800x""#, 1), (#""\udc00""#, 1),
            (#""\ud800\u0041""#, 1),
            (#""\ud800\ud800""#, 1),
            (#"{"a":1,"b":2,"a":1}"#, 13), (#"{"a":1,"\u0061":1}"#, 7), ("\"\\u00é0\"", 5), ("\"\\", 2),
        ])
    func refused(text: String, offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: text) }
        #expect(error?.offset == offset, "\(String(describing: error))")
    }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [
            [0x80], [0xC0, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF],
            [0x5C, 0x6E, 0xFE],
        ]
            as [[UInt8]])
    func notUTF8(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(throws: JSONError.self) { try JSON(parsing: [quote] + bytes + [quote]) }
        #expect(throws: JSONError.self) { try JSON(parsing: bytes) }
    }

    @Test("escapes become what they stand for")
    func escapes() throws {
        let json = try JSON(parsing: #""\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\ude00x""#)
        #expect(json.string == "\"\\/\u{8}\u{C}\n\r\té€😀x")
    }

    @Test("integers are exact to the last bit, and nothing else is an integer")
    func integers() throws {
        let json = try JSON(
            parsing:
                "[18446744073709551615, 18446744073709551616, -9223372036854775808, 1.0, 1e0, -0, -1, 9007199254740993]"
        )
        #expect(json[0]?.uint64 == .max)
        #expect(json[0]?.int == nil)
        #expect(json[1]?.uint64 == nil)
        #expect(json[2]?.int == .min)
        #expect(json[3]?.int == nil && json[3]?.uint64 == nil && json[3]?.double == 1)
        #expect(json[4]?.int == nil && json[4]?.uint64 == nil)
        #expect(json[5]?.int == 0 && json[5]?.uint64 == nil)
        #expect(json[6]?.uint64 == nil)
        #expect(json[7]?.int == 9_007_199_254_740_993)
    }

    @Test("a number beyond the largest double is refused, one below the smallest is zero")
    func overflow() throws {
        for text in [
            "1e999", "-1e400", "1.8e308", String(repeating: "9", count: 400), "0.1e99999999999999999999",
        ] {
            #expect(throws: JSONError.numberTooLarge(offset: 1)) { try JSON(parsing: "[\(text)]") }
        }
        #expect(try JSON(parsing: "1e-999").double == 0)
        #expect(try JSON(parsing: String(repeating: "9", count: 300)).double == 1e300)
        #expect(try JSON(parsing: "0e999999").double == 0)
    }

    @Test("nesting is followed to the limit and not beyond it")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSON(parsing: nested(128))
        #expect(throws: JSONError.tooDeep(limit: 128, offset: 128)) { try JSON(parsing: nested(129)) }
        #expect(throws: JSONError.tooDeep(limit: 128, offset: 128)) {
            try JSON(parsing: String(repeating: "[", count: 1_000_000))
        }
        _ = try JSON(parsing: "[" + Array(repeating: nested(127), count: 300).joined(separator: ",") + "]")
        #expect(throws: JSONError.self) { try JSON(parsing: nested(3), depthLimit: 2) }
    }

    @Test("keys that look the same but are other bytes are two keys")
    func canonicallyEquivalentKeys() throws {
        let json = try JSON(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(json.object?.count == 2)
        #expect(json["\u{E9}"]?.int == 1)
        #expect(json["e\u{301}"]?.int == 2)
    }

    @Test("an object of many keys finds each, and sees a duplicate")
    func manyKeys() throws {
        let fields = (0..<5000).map { "\"key\($0)\":\($0)" }
        let json = try JSON(parsing: "{" + fields.joined(separator: ",") + "}")
        #expect((0..<5000).allSatisfy { (index: Int) in json["key\(index)"]?.int == index })
        #expect(json["key5000"] == nil)
        #expect(throws: JSONError.self) {
            try JSON(parsing: "{" + fields.joined(separator: ",") + ",\"key17\":0}")
        }
    }

    @Test("an error says where, what was expected and what was found")
    func messages() {
        #expect(throws: JSONError.unexpected(found: UInt8(ascii: "2"), expected: "',' or ']'", offset: 3)) {
            try JSON(parsing: "[1 2]")
        }
        let texts = [
            ("[1 2]", "byte 3: expected ',' or ']', found '2'"),
            ("[1", "byte 2: expected ',' or ']', found the end"),
            ("\u{0}", "byte 0: expected a value, found byte 0x00"),
            (#"{"a":1,"a":2}"#, #"byte 7: the key "a" stands twice in one object"#),
        ]
        for (text, message) in texts {
            let error = #expect(throws: JSONError.self) { try JSON(parsing: text) }
            #expect(error?.description == message)
        }
    }

    @Test("mutated text is read or refused, and what is read is written and read again as the same")
    func mutations() throws {
        let seed = Array(
            #"{"a":[1,-2.5e3,{"b":"x\u00e9\n","c":null}],"d":{"e":[true,false,[]]},"é":"😀"}"#.utf8)
        let alphabet = Array(#"{}[]",:\u0e1-.tfn x"#.utf8) + [0x00, 0x80, 0xC3, 0xFF]
        var generator = Generator(seed: 7)
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[position] = alphabet.randomElement(using: &generator)!
                case 1: bytes.insert(alphabet.randomElement(using: &generator)!, at: position)
                case 2: bytes.remove(at: position)
                default: bytes.removeSubrange(position...)
                }
                if bytes.isEmpty { bytes = [0x20] }
            }
            guard let json = try? JSON(parsing: bytes) else { continue }
            accepted += 1
            #expect(try JSON(parsing: json.text()) == json)
        }
        #expect(accepted > 100)
    }
}
