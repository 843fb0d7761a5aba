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
    package func cutting(_ ending: String, into parts: [String]) -> Weights {
        changing { name, slot in
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
        return left.changing(adding: [(whole, .memory(stacked))]) { [($0, $1)] }
    }

    /// Adds the tensors of other weights, whose names are others.
    /// - Throws: `WeightsError.index` if both have one of a name.
    package func joined(with other: Weights) throws(WeightsError) -> Weights {
        for name in other.source.keys where source.slot(name) != nil {
            throw .index(
                file: modelName, expected: "\(WeightsError.printable(name)) once", found: "it in \(other.modelName) too")
        }
        let slots = other.source.keys.compactMap { key in other.source.slot(key).map { (key, $0) } }
        return changing(files: source.files.joined(with: other.source.files), adding: slots) { [($0, $1)] }
    }

    private func changing(
        files: ModelFiles? = nil, adding: [(String, WeightsSource.Slot)] = [],
        _ change: (String, WeightsSource.Slot) -> [(String, WeightsSource.Slot)]
    ) -> Weights {
        let slots = source.keys.flatMap { key in source.slot(key).map { change(key, $0) } ?? [] }
        return Weights(
            source: WeightsSource(
                modelName: modelName, files: files ?? source.files, slots: slots + adding),
            path: path, precision: precision)
    }
}
