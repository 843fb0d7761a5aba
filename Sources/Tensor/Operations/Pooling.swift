extension Tensor {
    /// Returns the largest number of each square of cells, for each channel.
    /// - Parameters:
    ///   - side: the rows and columns of a square; cells that fill no square are left out.
    ///   - channels: the channels to return; nil takes all.
    /// - Returns: [B, H / side, W / side, channels] of [B, H, W, C].
    package func maximumPooled(side: Int, channels: Range<Int>? = nil) -> Tensor {
        let (height, width, all) = (shape[1] / side, shape[2] / side, shape[3])
        let channels = channels ?? 0..<all
        precondition(
            side > 0 && channels.lowerBound >= 0 && channels.upperBound <= all,
            "pooling \(channels) of \(shape) by \(side)")
        let count = channels.count
        let sourceWidth = shape[2]
        let sourceHeight = shape[1]
        return Profile.timed("maxima of \(side) × \(side) of \(shape)") {
            withValues { values in
                Tensor(uninitialized: [shape[0], height, width, count]) { target in
                    guard let source = values.baseAddress, let out = target.baseAddress else { return }
                    Parallel.run(shape[0] * height) { row in
                        let top = (row / height * sourceHeight + row % height * side) * sourceWidth
                        for column in 0..<width {
                            let place = out + (row * width + column) * count
                            let first = source + (top + column * side) * all + channels.lowerBound
                            for c in 0..<count { place[c] = first[c] }
                            for other in 1..<side * side {
                                let cell = first + (other / side * sourceWidth + other % side) * all
                                for c in 0..<count { place[c] = cell[c] > place[c] ? cell[c] : place[c] }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Repeats each cell in a square of cells: the nearest neighbour's enlargement by a whole number.
    /// - Returns: [B, H · side, W · side, C] of [B, H, W, C].
    package func repeatedCells(side: Int) -> Tensor {
        let (height, width, channels) = (shape[1], shape[2], shape[3])
        let rows = shape[0] * height * side
        return Profile.timed("cells repeated \(side) × \(side) of \(shape)") {
            withValues { values in
                Tensor(uninitialized: [shape[0], height * side, width * side, channels]) { target in
                    guard let source = values.baseAddress, let out = target.baseAddress else { return }
                    Parallel.run(rows) { row in
                        for column in 0..<width * side {
                            (out + (row * width * side + column) * channels).update(
                                from: source + (row / side * width + column / side) * channels,
                                count: channels)
                        }
                    }
                }
            }
        }
    }
}
