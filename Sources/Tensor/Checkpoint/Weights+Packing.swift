/// A tensor of a model's files that is there in the right shape; its values have not been read yet.
package struct PromisedTensor: Sendable {
    let slot: WeightsSource.Slot
    let name: String
    let model: String

    /// Reads the values as Float32.
    package func tensor() throws(WeightsError) -> Tensor {
        try slot.tensor(name, model: model, borrowing: false)
    }

    /// The values, borrowed from the mapped file if that stores Float32.
    package func borrowed() throws(WeightsError) -> Tensor {
        try slot.tensor(name, model: model, borrowing: true)
    }
}

extension Weights {
    /// Packs a matrix that is made of tensors of this place alone; where packed matrices are kept, `rows` is
    /// called only for one that is not there.
    /// - Parameters:
    ///   - name: what tells it from others of this place.
    ///   - shape: [N, K].
    ///   - precision: of products with it.
    ///   - rows: the matrix, of promised tensors, which count as read in any case.
    package func packed(
        _ name: String, _ shape: Tensor.Shape, precision: Tensor.Precision, rows: () throws -> Tensor
    ) throws -> PackedMatrix {
        func pack() throws -> PackedMatrix { PackedMatrix(rows: try rows(), precision: precision) }
        guard let file = source.files.packed,
            let memory = PackedMatrix.memory(shape, precision: precision)
        else { return try pack() }
        let storage = try file.values("\(key(name)) \(shape) \(precision)", count: memory.elementCount) {
            try pack().storage
        }
        return PackedMatrix(shape, precision: precision, storage: storage.reshaped(memory))
    }

    /// Reads a large tensor that is used as it is; where packed matrices are kept, it is kept with them.
    package func kept(_ name: String, _ shape: Tensor.Shape) throws(WeightsError) -> Tensor {
        let tensor = try promised(name, shape)
        guard let file = source.files.packed else { return try tensor.tensor() }
        return try file.values("\(key(name)) \(shape)", count: shape.elementCount) {
            () throws(WeightsError) in
            try tensor.tensor()
        }.reshaped(shape)
    }
}
