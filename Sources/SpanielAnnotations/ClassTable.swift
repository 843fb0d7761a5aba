import SpanielJSON

/// Numbers classes as they come, names told apart byte by byte.
struct ClassTable {
    private(set) var names: [String] = []
    private var places: [UTF8Key: Int] = [:]

    init(_ names: [String] = []) {
        for name in names { _ = index(of: name) }
    }

    func known(_ name: String) -> Int? { places[UTF8Key(name)] }

    mutating func index(of name: String) -> Int {
        if let place = known(name) { return place }
        places[UTF8Key(name)] = names.count
        names.append(name)
        return names.count - 1
    }

    /// The set of these pictures, its classes in the byte order of their names: an order that no picture
    /// decides.
    func set(sorted pictures: [LabelledPicture]) -> LabelledSet {
        let order = names.indices.sorted { names[$0].utf8.lexicographicallyPrecedes(names[$1].utf8) }
        var ranks = [Int](repeating: 0, count: names.count)
        for (rank, index) in order.enumerated() { ranks[index] = rank }
        var pictures = pictures
        for picture in pictures.indices {
            for object in pictures[picture].objects.indices {
                pictures[picture].objects[object].classIndex =
                    ranks[pictures[picture].objects[object].classIndex]
            }
        }
        return LabelledSet(classes: order.map { names[$0] }, pictures: pictures)
    }
}
