/// What is the same for every picture of a run.
package struct RunDescription: Sendable {
    /// A model as records name it.
    package struct Model: Sendable {
        package let name: String
        private let digest: @Sendable () -> String

        /// Asked for when the first record is written: hashing a large model takes long.
        package var sha256: String { digest() }

        package init(name: String, sha256: @autoclosure @escaping @Sendable () -> String) {
            self.name = name
            digest = sha256
        }
    }

    package let task: TaskName
    package let model: Model
    /// The models beside the main one, by their key in the record: `sam_model`, `clip_model`.
    package let others: [(key: String, model: Model)]
    package let precision: String
    package let instructionSet: String

    package init(
        task: TaskName, model: Model, others: [(key: String, model: Model)] = [],
        precision: String = "float32",
        instructionSet: String
    ) {
        self.task = task
        self.model = model
        self.others = others
        self.precision = precision
        self.instructionSet = instructionSet
    }
}
