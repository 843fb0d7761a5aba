extension LinearClassifier {
    /// The weights and then the bias, [D + 1], as a file holds them.
    package var stored: Tensor { Tensor(weights.array + [bias], [weights.count + 1]) }
}

extension ConceptArchive {
    /// Reads what labelled pictures taught of a class: where it is, what it looks like alone, and how much
    /// larger it is than its mask's box; nil if nothing was taught.
    package func looks(_ i: Int) throws -> (
        place: LinearClassifier, closer: LinearClassifier, growth: Float
    )? {
        switch (
            try classifier("\(i).place"), try classifier("\(i).closer"), try tensor("\(i).growth", [1])?[0]
        ) {
        case (let place?, let closer?, let growth?):
            guard (0.1...10).contains(growth) else { throw refuse("a growth from 0.1 to 10", "\(growth)") }
            return (place, closer, growth)
        case (nil, nil, nil): return nil
        default: throw refuse("\(i).place, \(i).closer and \(i).growth", "some of them")
        }
    }

    /// Reads a classifier, or nil if it is absent.
    package func classifier(_ name: String) throws -> LinearClassifier? {
        guard let values = try tensor(name, [nil]) else { return nil }
        guard values.count > 1 else { throw refuse("weights and a bias in \(name)", "one number") }
        let last = values.count - 1
        return LinearClassifier(weights: values[leading: 0..<last], bias: values[last])
    }
}
