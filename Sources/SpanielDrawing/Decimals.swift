/// A number with a fixed count of decimals, for people; Foundation's formatters would cost more to load than
/// the tool itself.
package func decimals(_ value: some BinaryFloatingPoint, _ count: Int) -> String {
    let value = Double(value)
    guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
    var scale = 1.0
    for _ in 0..<count { scale *= 10 }
    let scaled = Int((abs(value) * scale).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard count > 0 else { return sign + String(scaled) }
    let digits = String(scaled)
    let padded = String(repeating: "0", count: max(0, count + 1 - digits.count)) + digits
    return sign + padded.dropLast(count) + "." + padded.suffix(count)
}
