import SpanielDrawing
import Testing

@Suite("Decimals")
struct DecimalsTests {
    @Test("numbers are rounded, not cut, and keep their zeros")
    func numbers() {
        #expect(decimals(0.996, 2) == "1.00")
        #expect(decimals(-0.004, 2) == "0.00")
        #expect(decimals(12.04, 1) == "12.0")
        #expect(decimals(Float(-1.5), 0) == "-2")
        #expect(decimals(Double.nan, 2) == "nan")
    }
}
