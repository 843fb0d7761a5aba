import PerSAM
import SpanielFiles
import SpanielHub
import Tensor

extension ModelOptions {
    /// Finds and loads the SAM model that was asked for, and sets the number of threads.
    ///
    /// - Throws: `Failure` 66 when it is missing, 69 when it can be fetched, 65 when it is there but unusable.
    func loadSAM() throws -> SAM {
        if let threads { Parallel.threads = threads }
        if FileKind(at: model) == .file {
            throw Failure(.unusable, code: "model.kind", "\(model): expected a model's folder, found a file; name the folder it is in")
        }
        do { return try SAM(contentsOf: ModelStore.locate(model)) } catch { throw Failure(error, about: .input) }
    }
}

extension RunDescription {
    init(task: String, sam: SAM, json: Bool) {
        self.init(
            task: task, modelName: sam.weights.modelName,
            modelHash: json ? sam.weights.sha256 : "",  // only records hold it, and hashing a large model takes seconds
            precision: "float32", instructionSet: InstructionSet.current.rawValue)
    }
}
