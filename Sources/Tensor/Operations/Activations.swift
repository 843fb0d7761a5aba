import CSpanielKernels

extension Tensor {
    /// Returns max(x, 0) for each element.
    public func relu() -> Tensor { activated(.relu) }
    /// Returns x Φ(x) for each element, by the error function and not its tanh approximation.
    public func gelu() -> Tensor { activated(.gelu) }
    /// Returns eˣ for each element.
    public func exp() -> Tensor {
        elementwise(Reference.exponential) { kernels, count, x, y in kernels.table.exponential(count, x, y) }
    }
    /// Returns 1 / (1 + e⁻ˣ) for each element.
    public func sigmoid() -> Tensor {
        elementwise(Reference.sigmoid) { kernels, count, x, y in kernels.table.sigmoid(count, x, y) }
    }
    /// Returns the error function of each element.
    package func errorFunction() -> Tensor {
        elementwise(Reference.errorFunction) { kernels, count, x, y in
            kernels.table.error_function(count, x, y)
        }
    }

    /// Returns `activation` of each element.
    public func activated(_ activation: Activation) -> Tensor {
        elementwise({ Reference.activate(activation, $0) }) { kernels, count, x, y in
            kernels.table.activate(count, activation.kernel, x, y)
        }
    }

    private func elementwise(
        _ twin: (Float) -> Float,
        _ kernel: (
            _ kernels: Kernels, _ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
        ) -> Void
    ) -> Tensor {
        Profile.timed("activation \(shape)") {
            withValues { values in
                Tensor(uninitialized: shape) { target in
                    guard let x = values.baseAddress, let y = target.baseAddress, !values.isEmpty else {
                        return
                    }
                    guard let kernels = Kernels.current else {
                        for i in values.indices { target[i] = twin(values[i]) }
                        return
                    }
                    Parallel.blocks(of: values.count, 65536) { range in
                        kernel(kernels, range.count, x + range.lowerBound, y + range.lowerBound)
                    }
                }
            }
        }
    }
}
