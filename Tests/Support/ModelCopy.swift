package import Foundation
package import Tensor
package import Testing

/// A copy of a model's folder that a test may damage.
package struct ModelCopy {
    package let folder: URL

    /// What errors call the model: the folder's name.
    package var name: String { folder.lastPathComponent }

    /// Copies `original` for the time of `body`.
    package static func with(_ original: URL, _ body: (ModelCopy) throws -> Void) throws {
        let scratch = try ScratchFolder()
        try withExtendedLifetime(scratch) {
            let folder = scratch["copy-of-\(original.lastPathComponent)"]
            try FileManager.default.copyItem(at: original, to: folder)
            try body(ModelCopy(folder: folder))
        }
    }

    package subscript(_ name: String) -> URL { folder.appending(path: name) }

    package func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: self[name]) }

    package func remove(_ name: String) throws { try FileManager.default.removeItem(at: self[name]) }

    /// Replaces a text that stands in a file, wherever it does; that it does not is the test's failure.
    package func replace(
        _ old: String, with new: String, in name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let text = try String(contentsOf: self[name], encoding: .utf8)
        try #require(text.contains(old), "no \(old) in \(name)", sourceLocation: sourceLocation)
        try write(name, text.replacingOccurrences(of: old, with: new))
    }

    /// Writes the weights anew, as float32; integers, which are positions that nobody reads, are left out.
    package func rewrite(_ change: (inout [(String, Tensor)]) throws -> Void) throws {
        let file = try Safetensors(contentsOf: self["model.safetensors"])
        var tensors = try file.entries.filter { $0.type != .int64 }.map { ($0.name, try file.tensor($0)) }
        try change(&tensors)
        try Safetensors.write(tensors, metadata: [:], to: self["model.safetensors"])
    }
}
