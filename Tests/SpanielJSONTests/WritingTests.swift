import SpanielJSON
import Testing

@Suite("Writing JSON")
struct WritingTests {
    @Test("fields keep their order, or stand sorted")
    func order() {
        let json: JSON = ["b": 1, "a": [1.5, true, nil], "aa": "x"]
        #expect(json.text() == #"{"b":1,"a":[1.5,true,null],"aa":"x"}"#)
        #expect(json.text(sorted: true) == #"{"a":[1.5,true,null],"aa":"x","b":1}"#)
    }

    @Test("pretty text is indented by two, and empty lists stay on one line")
    func pretty() {
        let json: JSON = ["a": [1, [:]], "b": []]
        #expect(json.text(pretty: true) == "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}")
    }

    @Test("numbers are the shortest text that reads back the same")
    func numbers() throws {
        #expect(JSON(Float(0.91)).text() == "0.91")
        #expect(JSON(0.1).text() == "0.1")
        #expect(JSON(212.0).text() == "212.0")
        #expect(JSON(Float.infinity) == .null && JSON(Double.nan) == .null)
        #expect(JSON(UInt64.max).text() == "18446744073709551615")
        for value in [
            1e-300, -0.0, Double.leastNonzeroMagnitude, 1.7976931348623157e308, 1e21, 123456789.123,
        ] {
            let text = JSON(value).text()
            #expect(try JSON(parsing: text).double?.bitPattern == value.bitPattern, "\(text)")
        }
    }

    @Test("every character survives")
    func strings() throws {
        let every =
            String(String.UnicodeScalarView((0..<0x300).compactMap(Unicode.Scalar.init)))
            + "😀\u{2028}\u{FFFF}"
        let text = JSON.string(every).text()
        #expect(text.utf8.allSatisfy { $0 >= 0x20 })
        #expect(try JSON(parsing: text).string?.utf8.elementsEqual(every.utf8) == true)
        #expect(JSON.string("a\"\\\n\u{1}\u{1f}").text() == #""a\"\\\n\u0001\u001f""#)
    }

    @Test("a field is set, replaced and removed")
    func setting() {
        var json = JSON.null
        json["a"] = 1
        json["b"] = "x"
        json["a"] = 2
        #expect(json.text() == #"{"a":2,"b":"x"}"#)
        json["a"] = nil as JSON?
        #expect(json.text() == #"{"b":"x"}"#)
    }

    @Test("an object of many fields keeps finding them after one is removed")
    func removing() {
        var fields = JSON.Object((0..<40).map { ("k\($0)", JSON($0)) })
        fields["k3"] = nil
        #expect(fields["k3"] == nil && fields["k39"]?.int == 39 && fields.count == 39)
        for index in 0..<39 { fields["k\(index)"] = nil }
        #expect(fields.keys == ["k39"] && fields["k39"]?.int == 39)
    }
}
