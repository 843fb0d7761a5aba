import Tensor

/// Times single operations at the shapes SAM ViT-B gives them, beside what the processor could do.
struct KernelBenchmark {
    /// Only operations whose name has one of these; all when empty.
    let words: [String]

    func run() {
        let limits = Limits.measured(.float32)
        print("\(limits)\n")
        print(
            "| operation | ms, median | ms, least | GFLOP/s | share of the arithmetic limit | GB/s | share of the reading limit |"
        )
        print("|---|--:|--:|--:|--:|--:|--:|")
        for entry in Case.all where words.isEmpty || words.contains(where: entry.name.contains) {
            let times = Self.times(of: entry.prepare())
            let least = times[0]
            var cells = [entry.name, decimals(times[times.count / 2], 3), decimals(least, 3)]
            // Both shares are of the least time: what the operation does when nobody disturbs it.
            cells += Self.rate(entry.operations, least, limits.arithmetic)
            cells += Self.rate(entry.bytes, least, limits.reading)
            print("| " + cells.joined(separator: " | ") + " |")
        }
    }

    private static func rate(_ amount: Double?, _ milliseconds: Double, _ limit: Double) -> [String] {
        guard let amount else { return ["", ""] }
        let rate = amount / milliseconds * 1000
        return [decimals(rate * 1e-9, 0), decimals(100 * rate / limit, 0) + " %"]
    }

    /// Sorted times after a warm-up: for half a second, at least five.
    private static func times(of body: () -> Void) -> [Double] {
        body()
        var times: [Double] = []
        let end = milliseconds() + 500
        while times.count < 5 || (milliseconds() < end && times.count < 2000) {
            let start = milliseconds()
            body()
            times.append(milliseconds() - start)
        }
        return times.sorted()
    }
}
