import SpanielJSON

/// Ids of any JSON type as the whole numbers that COCO means: numbers stay ("7" and 7.0 are 7), others get
/// the next ones that are free.
struct COCOIDs {
    private enum Key: Hashable {
        case number(Int)
        case text(UTF8Key)

        init?(_ value: JSON?) {
            switch value {
            case nil, .null?: return nil
            case .number(let text)?:
                self = Numbers.int(text).map(Key.number) ?? .text(UTF8Key(text))
            case .string(let text)?:
                // "007" is another id than "7".
                if let number = Int(text), String(number) == text {
                    self = .number(number)
                } else {
                    self = .text(UTF8Key(text))
                }
            case .some(let value): self = .text(UTF8Key(value.text()))
            }
        }
    }

    private var numbers = Set<Int>()
    private var texts: [UTF8Key: Int] = [:]
    /// How many are no numbers and were given one.
    private(set) var renumbered = 0

    /// - Parameter values: the ids of a list, in its order.
    init(_ values: some Sequence<JSON?>) {
        var waiting: [UTF8Key] = []
        for value in values {
            switch Key(value) {
            case .number(let number)?: numbers.insert(number)
            case .text(let text)?: waiting.append(text)
            case nil: break
            }
        }
        var next = 1
        for text in waiting where texts[text] == nil {
            while numbers.contains(next) { next += 1 }
            numbers.insert(next)
            texts[text] = next
            renumbered += 1
        }
    }

    /// The number of an id; nil where the list has no such id.
    func number(of value: JSON?) -> Int? {
        switch Key(value) {
        case .number(let number)?: numbers.contains(number) ? number : nil
        case .text(let text)?: texts[text]
        case nil: nil
        }
    }
}
