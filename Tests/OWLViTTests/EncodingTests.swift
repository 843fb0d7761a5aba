import Foundation
import OWLViT
import Tensor
import SpanielTensors
import Testing

struct EncodingTests {
    @Test("an encoding comes back from its tensors bit for bit", arguments: OWLViTGolden.all, [1, 2])
    func roundTrip(golden: OWLViTGolden, tiles: Int) throws {
        let owl = try golden.model()
        let picture = OWLViTGolden.picture(1)
        for preparation in OWLViT.Preparation.allCases {
            let encoding = try owl.encode(picture, preparation: preparation, tiles: tiles)
            let tensors = Dictionary(uniqueKeysWithValues: owl.tensors(of: encoding))
            let again = try owl.encoding(from: tensors, size: picture.size)
            #expect(again.preparation == preparation && again.tiles == tiles && again.size == picture.size)
            for (a, b) in zip(encoding.views, again.views) {
                #expect(
                    a.boxes == b.boxes && a.frame == b.frame
                        && a.patches.directions.array == b.patches.directions.array)
                #expect(
                    a.patches.shifts.array == b.patches.shifts.array
                        && a.patches.scales.array == b.patches.scales.array)
                #expect(a.patches.objectness?.array == b.patches.objectness?.array)
            }
        }
    }

    @Test("tensors that are no encoding of this model are refused")
    func damaged() throws {
        let owl = try OWLViTGolden.v2.model()
        let size = OWLViTGolden.picture(1).size
        let tensors = Dictionary(
            uniqueKeysWithValues: owl.tensors(of: try owl.encode(OWLViTGolden.picture(1))))
        for name in tensors.keys {
            for other in [
                nil, Tensor.zeros([3]), tensors[name]! * Float.nan, tensors[name]! * Float.infinity,
            ] {
                var damaged = tensors
                damaged[name] = other
                let error = #expect(throws: TensorsError.self) { try owl.encoding(from: damaged, size: size) }
                #expect(error?.code == "encoding.shape")
            }
        }
        for layout: [Float] in [[0, 0], [17, 0], [1.5, 0], [1e30, 0], [1, 2], [2, 0]] {
            var damaged = tensors
            damaged["layout"] = Tensor(layout, [2])
            #expect(throws: TensorsError.self) { try owl.encoding(from: damaged, size: size) }
        }
    }

    @Test("encodings that differ in numbers differ in key")
    func keys() throws {
        let (v1, v2) = (try OWLViTGolden.v1.model(), try OWLViTGolden.v2.model())
        let keys = [
            v1.preprocessingKey(.hf, tiles: 1), v1.preprocessingKey(.padded, tiles: 1),
            v1.preprocessingKey(.hf, tiles: 2),
            v2.preprocessingKey(.hf, tiles: 1),
        ]
        #expect(Set(keys).count == 4)
    }

    @Test("a cancelled task stops encoding")
    func cancellation() async throws {
        let owl = try OWLViTGolden.v1.model()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try owl.encode(OWLViTGolden.picture(0), tiles: 2)
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("the async calls give what the others give")
    func asynchronous() async throws {
        let owl = try OWLViTGolden.v2.model()
        let picture = OWLViTGolden.picture(0)
        let scene = try owl.encode(picture)
        let concept = try owl.learn([Example(picture, box: box(20, 10, 70, 50))])
        let found = try owl.detect([concept], in: scene)
        func plain() throws -> [OWLViT.Detection] {
            try owl.detect(owl.learn([Example(picture, box: box(20, 10, 70, 50))]), in: owl.encode(picture))
                .objects
        }
        #expect(try found.objects == plain())
    }
}
