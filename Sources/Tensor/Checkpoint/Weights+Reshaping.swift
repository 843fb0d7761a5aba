import SpanielJSON

// What a checkpoint has otherwise than the hub: each returns the same weights with some of them changed.

extension Weights {
    /// Leaves tensors out.
    /// - Parameter patterns: full names, in which `*` matches any characters.
    package func without(_ patterns: [String]) -> Weights {
        changing { name, slot in
            patterns.contains { matches(name.utf8[...], $0.utf8[...]) } ? [] : [(name, slot)]
        }
    }

    /// Exchanges the axes of matrices.
    /// - Parameter names: their full names.
    package func transposing(_ names: Set<String>) -> Weights {
        changing { name, slot in
            guard names.contains(name), slot.shape.count == 2 else { return [(name, slot)] }
            switch slot {
            case .stored(let tensor): return [(name, .stored(tensor.transposed()))]
            case .memory(let tensor): return [(name, .memory(tensor.transposed([1, 0])))]
            }
        }
    }

    /// Cuts a tensor along its outermost axis into equal parts, as queries, keys and values often lie in one.
    ///
    /// - Parameters:
    ///   - ending: the ends of the names to cut.
    ///   - parts: the ends of the parts' names.
    /// - Throws: `WeightsError.index` if a part's name is there already.
    package func cutting(_ ending: String, into parts: [String]) throws(WeightsError) -> Weights {
        try checked { name, slot in
            guard name.hasSuffix(ending), case .stored(let tensor) = slot, let rows = tensor.shape.first,
                rows % parts.count == 0
            else { return [(name, slot)] }
            let (start, count) = (name.dropLast(ending.count), rows / parts.count)
            return parts.enumerated().map { i, part in
                (start + part, .stored(tensor.rows(i * count..<(i + 1) * count)))
            }
        }
    }

    /// Puts tensors under one another, along the outermost axis.
    /// - Throws: `WeightsError` if one is missing or of another shape than the first.
    package func stacking(_ names: [String], as whole: String) throws(WeightsError) -> Weights {
        guard let first = names.first, let shape = shape(of: first) else { return self }
        var rows: [Tensor] = []
        for name in names { rows.append(try tensor(name, shape)) }
        let left = without(names)
        let stacked = Tensor.concatenated(rows, axis: 0)
        return try left.checked(adding: [(whole, .memory(stacked))]) { [($0, $1)] }
    }

    /// Gives a tensor a second name, if it is there.
    /// - Throws: `WeightsError.index` if that is there already.
    package func copying(_ name: String, as other: String) throws(WeightsError) -> Weights {
        guard let slot = source.slot(name) else { return self }
        return try checked(adding: [(other, slot)]) { [($0, $1)] }
    }

    /// Adds the tensors of other weights, whose names are others.
    /// - Throws: `WeightsError.index` if both have one of a name.
    package func joined(with other: Weights) throws(WeightsError) -> Weights {
        let slots = other.source.keys.compactMap { key in other.source.slot(key).map { (key, $0) } }
        return try checked(files: source.files.joined(with: other.source.files), adding: slots) { [($0, $1)] }
    }

    /// The tensors below a place, as weights of their own with the names from there.
    package func below(_ place: String) -> Weights {
        let start = place + "."
        return changing { name, slot in
            guard name.utf8.starts(with: start.utf8) else { return [] }
            return [(String(Substring(name.utf8.dropFirst(start.utf8.count))), slot)]
        }
    }

    /// The same weights, each name behind a place.
    package func under(_ place: String) -> Weights { changing { [("\(place).\($0)", $1)] } }

    /// - Parameter change: gives each tensor a name of its own, or none.
    private func changing(_ change: (String, WeightsSource.Slot) -> [(String, WeightsSource.Slot)]) -> Weights
    {
        with(source.keys.flatMap { key in source.slot(key).map { change(key, $0) } ?? [] }, source.files)
    }

    /// The same where two names could become one.
    private func checked(
        files: ModelFiles? = nil, adding: [(String, WeightsSource.Slot)] = [],
        _ change: (String, WeightsSource.Slot) -> [(String, WeightsSource.Slot)]
    ) throws(WeightsError) -> Weights {
        let slots = source.keys.flatMap { key in source.slot(key).map { change(key, $0) } ?? [] } + adding
        var names: Set<UTF8Key> = []
        for (name, _) in slots where !names.insert(UTF8Key(name)).inserted {
            throw .index(
                file: modelName, expected: "each name once", found: "\(WeightsError.printable(name)) twice")
        }
        return with(slots, files ?? source.files)
    }

    private func with(_ slots: [(String, WeightsSource.Slot)], _ files: ModelFiles) -> Weights {
        Weights(
            source: WeightsSource(modelName: modelName, files: files, slots: slots), path: path,
            precision: precision, floatingPrecision: floatingPrecision)
    }
}
