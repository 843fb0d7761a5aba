import Tensor

/// The operations of one of a model's tasks, with their times, beside what the processor could do.
struct ProfileReport {
    /// Runs of which each figure is the mean, after one that does not count.
    private static let runs = 5
    /// Operations shown one by one; the others are small.
    private static let rows = 24

    let kind: String
    let model: String
    var features: String?
    /// The kind's first where none is named.
    let task: String?
    let precision: Tensor.Precision

    func run() throws {
        var subject = try subject(kind, model: model, features: features, precision: precision)
        let task = task ?? type(of: subject).tasks[0]
        let limits = Limits.measured(precision)
        _ = try subject.time(task)
        var total = 0.0
        let entries = try Profile.of { for _ in 0..<Self.runs { total += try subject.time(task) } }
        let each = { (value: Double) in value / Double(Self.runs) }
        print("\(kind), \(task), \(precision.rawValue): \(decimals(each(total), 1)) ms. \(limits)\n")
        print("| operation | calls | ms | share | GFLOP/s | of the limit |\n|---|--:|--:|--:|--:|--:|")
        func line(_ name: String, calls: String, _ milliseconds: Double, _ operations: Double) {
            let rate = operations / milliseconds * 1000
            let rates =
                operations > 0
                ? [decimals(rate * 1e-9, 0), decimals(100 * rate / limits.arithmetic, 0) + " %"] : ["", ""]
            let share = decimals(100 * milliseconds / each(total), 1) + " %"
            print(
                "| " + ([name, calls, decimals(milliseconds, 2), share] + rates).joined(separator: " | ")
                    + " |")
        }
        for entry in entries.prefix(Self.rows) {
            line(
                entry.name, calls: "\(entry.calls / Self.runs)", each(entry.seconds) * 1000,
                each(entry.operations))
        }
        let small = entries.dropFirst(Self.rows)
        if !small.isEmpty {
            let sum = { (figure: KeyPath<Profile.Entry, Double>) in
                each(small.reduce(0) { $0 + $1[keyPath: figure] })
            }
            line("\(small.count) smaller ones", calls: "", sum(\.seconds) * 1000, sum(\.operations))
        }
        let operations = entries.reduce(0) { $0 + $1.seconds } * 1000
        line("outside them: the picture, memory, the order of things", calls: "", each(total - operations), 0)
    }
}
