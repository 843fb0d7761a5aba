import SpanielImaging
import Testing

struct MirroringTests {
    @Test("a row is mirrored at both ends, again and again, without repeating the outermost pixels")
    func rows() {
        let places = [1, 0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2, 3]
        #expect((-7..<10).map { $0.mirrored(count: 4) } == places)
        #expect((-3..<4).map { $0.mirrored(count: 2) } == [1, 0, 1, 0, 1, 0, 1])
        #expect((-3..<4).allSatisfy { $0.mirrored(count: 1) == 0 })
    }
}
