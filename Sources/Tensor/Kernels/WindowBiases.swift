import CSpanielKernels

/// What TinyViT adds to the scores of a window's pairs of cells: for each head a learned number for each pair of
/// distances, whichever way they go (TinyViT, section 3; its `attention_biases`).
public struct WindowBiases: Sendable {
    /// The rows and columns of the window.
    let side: Int
    let heads: Int
    /// The distance of two rows of the table.
    let stride: Int
    /// [heads, side², stride], a row for each query's place; zeros fill it up.
    let table: Tensor

    /// Writes out the biases of a window.
    /// - Parameters:
    ///   - distances: [heads, side²], entry `r · side + c` for cells r rows and c columns apart.
    ///   - side: the rows and columns of the window.
    public init(distances: Tensor, side: Int) {
        precondition(
            distances.shape == [distances.shape[0], side * side],
            "biases \(distances.shape) of a window of \(side)")
        self.side = side
        heads = distances.shape[0]
        let cells = side * side
        // Whole panels of the widest kernel.
        let stride = (cells + 31) / 32 * 32
        self.stride = stride
        let heads = heads
        table = distances.withValues { distances in
            Tensor(uninitialized: [heads, cells, stride]) { target in
                target.update(repeating: 0)
                for head in 0..<heads {
                    for query in 0..<cells {
                        for key in 0..<cells {
                            let rows = abs(query / side - key / side)
                            let columns = abs(query % side - key % side)
                            target[(head * cells + query) * stride + key] =
                                distances[head * cells + rows * side + columns]
                        }
                    }
                }
            }
        }
    }

    /// The first row of a head's part, valid while the biases live.
    func rows(of head: Int) -> UnsafePointer<Float> { table.pointer + head * side * side * stride }
}
