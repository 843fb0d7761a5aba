extension Tensor {
    /// Cuts a grid [B, H, W, C] into patches that do not overlap, the rows of the product that computes a
    /// convolution whose stride is its kernel's side.
    /// - Parameter side: the rows and columns of a patch, which divide the grid's.
    /// - Returns: [B, H/side, W/side, side · side · C], a patch's rows first, then columns, then channels.
    package func patches(side: Int) -> Tensor {
        let (batch, height, width, channels) = (shape[0], shape[1], shape[2], shape[3])
        precondition(height % side == 0 && width % side == 0, "\(shape) has no whole patches of \(side)")
        return reshaped([batch, height / side, side, width / side, side * channels]).transposed([
            0, 1, 3, 2, 4,
        ])
        .reshaped([batch, height / side, width / side, side * side * channels])
    }

    /// Does the reverse of `patches`: lays patches out as a grid.
    /// - Returns: [B, H · side, W · side, C] of [B, H, W, side · side · C].
    package func unpatched(side: Int) -> Tensor {
        let (batch, height, width, channels) = (shape[0], shape[1], shape[2], shape[3] / (side * side))
        return reshaped([batch, height, width, side, side * channels]).transposed([0, 1, 3, 2, 4])
            .reshaped([batch, height * side, width * side, channels])
    }

    /// Returns each cell with its neighbours, zeros outside, the rows of the product that computes a
    /// convolution of odd kernel.
    /// - Parameters:
    ///   - kernel: the rows and columns of a neighbourhood.
    ///   - step: the distance of two neighbourhoods' middles; the first is the first cell.
    ///   - rows: the rows of neighbourhoods to return, of ⌈H / step⌉.
    /// - Returns: [rows, ⌈W / step⌉, kernel · kernel · C] of one picture [H, W, C].
    package func neighbourhoods(kernel: Int, step: Int = 1, rows: Range<Int>) -> Tensor {
        let (height, width, channels) = (shape[0], shape[1], shape[2])
        let columns = (width + step - 1) / step
        let reach = kernel / 2
        let extent = kernel * kernel * channels
        return Profile.timed("neighbourhoods \(kernel) × \(kernel) of \(shape)") {
            withValues { values in
                Tensor(uninitialized: [rows.count, columns, extent]) { target in
                    guard let source = values.baseAddress, let out = target.baseAddress else { return }
                    Parallel.run(rows.count) { index in
                        let row = (rows.lowerBound + index) * step
                        var place = out + index * columns * extent
                        for column in Swift.stride(from: 0, to: width, by: step) {
                            for y in row - reach...row + reach {
                                for x in column - reach...column + reach {
                                    if y >= 0, y < height, x >= 0, x < width {
                                        place.update(
                                            from: source + (y * width + x) * channels, count: channels)
                                    } else {
                                        place.update(repeating: 0, count: channels)
                                    }
                                    place += channels
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
