package import PerSAM

/// Reads the coordinates of a point, a box or a polygon as they stand in an argument: decimals, commas
/// between them.
package enum Coordinates {
    /// `X,Y` in pixels of the picture as displayed.
    package static func point(_ text: some StringProtocol) throws(UsageError) -> Point {
        let numbers = try self.numbers(text, shape: "X,Y", count: 2)
        return Point(x: numbers[0], y: numbers[1])
    }

    /// `X1,Y1,X2,Y2`, half-open; the second corner lies right of and below the first.
    package static func box(_ text: some StringProtocol) throws(UsageError) -> Box {
        let numbers = try self.numbers(text, shape: "X1,Y1,X2,Y2", count: 4)
        let box = Box(x1: numbers[0], y1: numbers[1], x2: numbers[2], y2: numbers[3])
        guard box.x2 > box.x1, box.y2 > box.y1 else {
            throw UsageError("\"\(text)\" is an empty box: X2 must be greater than X1 and Y2 than Y1")
        }
        return box
    }

    /// `X,Y,X,Y,X,Y…`: the corners of one outline, at least three.
    package static func polygon(_ text: some StringProtocol) throws(UsageError) -> [Point] {
        let numbers = try self.numbers(text, shape: "X,Y,X,Y,X,Y,…", count: nil)
        guard numbers.count >= 6, numbers.count.isMultiple(of: 2) else {
            throw UsageError(
                "\"\(text)\" has \(numbers.count) numbers; a polygon needs an even number, at least six")
        }
        return stride(from: 0, to: numbers.count, by: 2).map { Point(x: numbers[$0], y: numbers[$0 + 1]) }
    }

    private static func numbers(_ text: some StringProtocol, shape: String, count: Int?) throws(UsageError)
        -> [Double]
    {
        var numbers: [Double] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let number = number(part) else {
                throw UsageError("\"\(text)\" is not \(shape): \"\(part)\" is not a number of pixels")
            }
            numbers.append(number)
        }
        guard count == nil || numbers.count == count else {
            throw UsageError("\"\(text)\" has \(numbers.count) numbers, expected \(shape)")
        }
        return numbers
    }

    /// A decimal number that can be a position in a picture; `Double` alone would also take `nan`, `inf` and
    /// `0x1p3`.
    private static func number(_ text: some StringProtocol) -> Double? {
        let trimmed = text.drop { $0 == " " }
        guard !trimmed.isEmpty,
            trimmed.utf8.allSatisfy({ (48...57).contains($0) || "+-.eE".utf8.contains($0) })
        else { return nil }
        guard let number = Double(String(trimmed)), abs(number) < 1e9 else { return nil }
        return number
    }
}
