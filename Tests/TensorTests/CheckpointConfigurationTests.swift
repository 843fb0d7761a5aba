import SpanielJSON
import SpanielTestSupport
import Tensor
import Testing

@Suite("Reading a configuration")
struct CheckpointConfigurationTests {
    private func reader(_ text: String) throws -> ConfigurationReader {
        try ConfigurationReader(JSON(parsing: text), file: "config.json")
    }

    @Test("an absent key and a null take the default, an unknown key is passed over")
    func defaults() throws {
        let config = try reader(#"{"a":5,"b":null,"unknown":{"x":[1]},"s":{"c":1.5}}"#)
        #expect(try config.int("a", default: 1) == 5)
        #expect(try config.int("b", default: 7) == 7)
        #expect(try config.int("c", default: 8) == 8)
        #expect(config.contains("a") && !config.contains("b") && !config.contains("c"))
        #expect(try config.section("s").double("c", default: 0) == 1.5)
        #expect(try config.section("absent").int("c", default: 9) == 9)
        #expect(try config.ints("l", default: [2, 5]) == [2, 5])
        #expect(try config.oneOf("act", default: "gelu", ["gelu", "relu"]) == "gelu")
        #expect(try config.doubles("mean", default: [0.5, 0.5]) == [0.5, 0.5])
    }

    @Test("a value of the wrong kind or out of bounds is an error that names key, found and supported")
    func errors() throws {
        let config = try reader(
            #"{"v":{"hidden_size":-1,"act":"swish","bias":1,"l":[1,-2],"mean":[1,2],"x":"a","big":1e300,"f":768.0,"n":"768"}}"#
        )
        let section = try config.section("v")
        func message(_ body: () throws -> Void) -> String {
            do {
                try body()
                return "no error"
            } catch { return "\(error)" }
        }
        #expect(
            message { _ = try section.int("hidden_size", default: 1) }
                == "config.json: v.hidden_size is -1, supported: whole numbers from 1 to 16777216")
        #expect(
            message { _ = try section.oneOf("act", default: "gelu", ["gelu", "relu"]) }
                == "config.json: v.act is \"swish\", supported: gelu, relu")
        #expect(
            message { _ = try section.bool("bias", default: true) }
                == "config.json: v.bias is 1, supported: true or false")
        #expect(
            message { _ = try section.ints("l", default: []) }.contains(
                "v.l is [1,-2], supported: a list of whole numbers from 0"))
        #expect(
            message { _ = try section.doubles("mean", default: [0, 0, 0]) }.contains("a list of 3 numbers"))
        #expect(message { _ = try section.double("x", default: 0) }.contains("v.x is \"a\""))
        #expect(message { _ = try section.int("f", default: 0) }.contains("v.f is 768.0"))
        #expect(message { _ = try section.int("n", default: 0) }.contains("v.n is \"768\""))
        #expect(
            message { _ = try section.string("hidden_size", default: "") }.contains("supported: a string"))
        #expect(message { _ = try section.section("x") }.contains("v.x is \"a\", supported: an object"))
        #expect(
            message { try config.section("v").require("y", true, default: false) }
                == "config.json: v.y is false, supported: true")
        #expect(message { _ = try section.double("big", default: 0) }.contains("supported: a number from"))
        #expect(
            message { _ = try ConfigurationReader(JSON(parsing: "[]"), file: "config.json") }.contains(
                "an array, supported: a JSON object")
        )
    }

    @Test("a size may be given in five ways")
    func sizes() throws {
        let config = try reader(
            """
            {"a":224,"b":[480,640],"c":{"height":3,"width":4},"d":{"shortest_edge":5},"e":{"longest_edge":1024,"shortest_edge":null},"f":0,"g":[1],
             "h":{"height":3},"i":{"shortest_edge":1,"longest_edge":2},"j":"224","k":[1,2,3],"l":65537,"m":{"width":-4,"height":2},"n":[1.5,2]}
            """)
        let fallback = ConfigurationReader.PictureSize.longestEdge(7)
        #expect(try config.pictureSize("a", default: fallback) == .number(224))
        #expect(try config.pictureSize("b", default: fallback) == .sides(height: 480, width: 640))
        #expect(try config.pictureSize("c", default: fallback) == .sides(height: 3, width: 4))
        #expect(try config.pictureSize("d", default: fallback) == .shortestEdge(5))
        #expect(try config.pictureSize("e", default: fallback) == .longestEdge(1024))
        #expect(try config.pictureSize("none", default: fallback) == fallback)
        for key in ["f", "g", "h", "i", "j", "k", "l", "m", "n"] {
            #expect(throws: WeightsError.self, "\(key)") { try config.pictureSize(key, default: fallback) }
        }
    }

    @Test("a file that is missing, no JSON or no object is named")
    func files() throws {
        let scratch = try ScratchFolder()
        let missing = #expect(throws: WeightsError.self) {
            try ConfigurationReader(contentsOf: scratch["config.json"])
        }
        #expect(
            missing?.code == "weights.incomplete"
                && missing?.description.contains("expected config.json") == true)
        let noFolder = #expect(throws: WeightsError.self) {
            try ConfigurationReader(contentsOf: scratch["none/config.json"])
        }
        #expect(noFolder?.code == "file.missing")
        for text in ["", "{", "{\"a\":1,\"a\":2}", "[]", "\u{FEFF}{}"] {
            let file = try scratch.write("x.json", text)
            let error = #expect(throws: WeightsError.self) { try ConfigurationReader(contentsOf: file) }
            #expect(error?.code == "config.value" && error?.description.contains("x.json") == true)
        }
        #expect(
            try ConfigurationReader(contentsOf: scratch.write("x.json", "{\"a\":3}")).int("a", default: 1)
                == 3)
    }
}
