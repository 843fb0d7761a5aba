import DINOv2
import SpanielTensors
import SpanielTestSupport
import Tensor
import Testing

struct ModelTests {
    /// Plain, with registers, and with gated MLPs in half precision and every switch the other way.
    static let models = ["plain", "registers", "gated"]
    /// The grid that was trained, a smaller one, a larger one, and one that is both.
    static let grids = ["trained", "smaller", "larger", "mixed"]

    @Test("each layer and the last, normalised, is transformers' on every grid", arguments: models, grids)
    func layers(name: String, grid: String) throws {
        let dino = try DINOv2Golden.model(name)
        let steps = try DINOv2Golden(file: "\(name)/steps")
        let numbers = Array(1...dino.layerCount)
        let states = try dino.tokens(try steps["\(grid).pixels"], layers: numbers)
        #expect(states.count == numbers.count)
        for number in numbers {
            expectClose(
                try #require(states[number]), try steps["\(grid).layer.\(number)"], "\(grid), layer \(number)"
            )
        }
        expectClose(
            dino.norm(try #require(states[dino.layerCount])), try steps["\(grid).last"], "\(grid), last")
    }

    @Test("a resized table of positions is PyTorch's, with and without antialiasing")
    func positions() throws {
        let golden = try DINOv2Golden(file: "positions")
        let table = try golden["table"]
        for (height, width) in [(9, 7), (4, 3), (1, 1), (20, 15), (3, 18), (13, 7)] {
            for antialias in [false, true] {
                let found = table.interpolatedBicubic(height: height, width: width, antialias: antialias)
                let name = "\(height)x\(width).\(antialias ? "antialias" : "plain")"
                // Weights of one rounding each: two of them and a sum of at most 30.
                expectClose(found, try golden[name], name, tolerance: 2e-6)
            }
        }
    }

    @Test("a grid's positions are the same when they come from the cache, and after nine other grids")
    func cachedPositions() throws {
        let dino = try DINOv2Golden.model("registers")
        let table = dino.embeddings.positions
        let first = table(height: 3, width: 4).array
        #expect(table(height: 3, width: 4).array == first)
        for width in 6...14 { #expect(table(height: 2, width: width).shape == [2, width, 16]) }
        #expect(table(height: 3, width: 4).array == first)
    }

    @Test("the modules' own names, as state_dict has them, give the same bits as the file's")
    func moduleNames() throws {
        let pixels = try DINOv2Golden(file: "gated/steps")["mixed.pixels"]
        let expected = try DINOv2Golden.model("gated").tokens(pixels, layers: [2])
        let found = try DINOv2Golden.model("modules").tokens(pixels, layers: [2])
        #expect(found[2]?.array == expected[2]?.array && found[2] != nil)
    }

    @Test("the tensors to compare are transformers', from a picture and from pixel values of any size")
    func tensors() throws {
        let (dino, steps) = (try DINOv2Golden.model("plain"), try DINOv2Golden(file: "plain/steps"))
        let pixels = try steps["mixed.pixels"].transposed([0, 3, 1, 2])
        let tensors = try dino.tensors(pixelValues: pixels, layers: [3, 1, 3])
        #expect(tensors.map(\.name) == ["pixel_values", "last_hidden_state", "layers.1", "layers.3"])
        let named = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.tensor) })
        expectClose(try #require(named["pixel_values"]), pixels, "pixel_values", tolerance: 0)
        expectClose(try #require(named["last_hidden_state"]), try steps["mixed.last"], "last")
        expectClose(try #require(named["layers.1"]), try steps["mixed.layer.1"], "layer 1")
        expectClose(try #require(named["layers.3"]), try steps["mixed.layer.3"], "layer 3")
        let shown = try dino.tensors(try steps.picture)
        #expect(shown.map(\.name) == ["pixel_values", "last_hidden_state"])
        expectClose(
            shown[0].tensor, try steps["published"].transposed([0, 3, 1, 2]), "pixel_values", tolerance: 0)
    }

    @Test("pixel values that are not whole patches, and layers that are not there, are refused")
    func refusals() throws {
        let dino = try DINOv2Golden.model("plain")
        #expect(throws: DINOv2Error.pixelValues(width: 8, height: 6, patchSize: 4)) {
            try dino.tensors(pixelValues: .zeros([1, 3, 6, 8]))
        }
        for shape: Tensor.Shape in [
            [2, 3, 4, 4], [1, 1, 4, 4], [1, 3, 0, 4], [1, 3, 4], [1, 3, 4, 4, 1],
        ] {
            #expect(throws: TensorsError.self) { try dino.tensors(pixelValues: .zeros(shape)) }
        }
        for layer in [0, -1, 4, .max, .min] {
            #expect(throws: DINOv2Error.layer(layer, layers: 3)) {
                try dino.tensors(pixelValues: .zeros([1, 3, 4, 4]), layers: [1, layer])
            }
        }
    }
}
