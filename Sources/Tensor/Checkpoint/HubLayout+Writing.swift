import SpanielFiles
import SpanielJSON
package import SpanielPlatform

extension HubLayout {
    /// Writes the folder, whole or not at all: config.json, preprocessor_config.json, model.safetensors and
    /// copies of other files. Tensors go from one file to the other piece by piece, in the checkpoint's type;
    /// where it has several, as F32, which holds each of them.
    ///
    /// - Parameter others: small files to copy, such as a tokenizer's.
    /// - Throws: `WeightsError`.
    package func write(to folder: URL, copying others: [URL] = []) throws(WeightsError) {
        var failure: WeightsError?
        do throws(FileError) {
            var output = try AtomicFolder(at: folder)
            var configuration = configuration
            configuration["dtype"] = JSON(weights.numberFormat)
            try output.write(JSON.object(configuration).bytes() + [0x0A], to: "config.json")
            try output.write(JSON.object(preprocessor).bytes() + [0x0A], to: "preprocessor_config.json")
            for file in others {
                try output.write(
                    ReadableFile.bytes(of: file, limit: 64 << 20), to: file.lastPathComponent)
            }
            try output.write(to: "model.safetensors") { file throws(FileError) in
                do throws(WeightsError) { try weights.write(to: file) } catch {
                    guard case .file(let error) = error else {
                        failure = error
                        throw .unreadable(path: weights.modelName, errno: EIO)
                    }
                    throw error
                }
            }
            try output.commit()
        } catch {
            throw failure ?? .file(error)
        }
    }
}

extension Weights {
    /// The type in which a file holds all floating-point tensors, nil if there are several.
    private var commonType: Safetensors.ElementType? {
        let types = Set(
            source.keys.compactMap { key -> Safetensors.ElementType? in
                switch source.slot(key) {
                case .stored(let tensor): Self.isFloat(tensor.type) ? tensor.type : nil
                case .memory, nil: .float32
                }
            })
        return types.count == 1 ? types.first : nil
    }

    private static func isFloat(_ type: Safetensors.ElementType) -> Bool {
        [.float16, .bfloat16, .float32, .float64].contains(type)
    }

    /// What transformers calls the type in which `write` writes.
    fileprivate var numberFormat: String {
        switch commonType {
        case .float16: "float16"
        case .bfloat16: "bfloat16"
        case .float64: "float64"
        default: "float32"
        }
    }

    /// Writes all tensors as a safetensors file.
    fileprivate func write(to file: borrowing AtomicFile) throws(WeightsError) {
        let common = commonType ?? .float32
        let tensors = source.keys.compactMap { key in source.slot(key).map { (key, $0) } }
        let layout = try SafetensorsLayout(
            tensors.map { name, slot in
                switch slot {
                case .stored(let tensor) where !Self.isFloat(tensor.type): (name, tensor.type, slot.shape)
                case .stored: (name, common, slot.shape)
                case .memory: (name, .float32, slot.shape)
                }
            }, metadata: ["format": "pt"], file: modelName)
        try Self.append(layout.bytes.span.bytes, to: file)
        for i in layout.order {
            let (name, slot) = tensors[i]
            switch slot {
            case .stored(let tensor) where tensor.type == common || !Self.isFloat(tensor.type):
                try tensor.append(to: file)
            default:
                let values = try slot.tensor(name, model: modelName, borrowing: true)
                let result = values.withValues { values in
                    Result { () throws(WeightsError) in
                        try Self.append(UnsafeRawBufferPointer(values).bytes, to: file)
                    }
                }
                try result.get()
            }
        }
    }

    fileprivate static func append(_ bytes: RawSpan, to file: borrowing AtomicFile) throws(WeightsError) {
        do throws(FileError) { try file.append(bytes) } catch { throw .file(error) }
    }
}

extension StoredTensor {
    /// Writes the bytes as they are, in row-major order.
    fileprivate func append(to file: borrowing AtomicFile) throws(WeightsError) {
        try checksum?.verify()
        try withRowMajorBytes { bytes throws(WeightsError) in
            let step = 16 << 20
            for start in stride(from: 0, to: bytes.count, by: step) {
                let part = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + step, bytes.count)])
                try Weights.append(part.bytes, to: file)
            }
        }
        release()
    }
}
