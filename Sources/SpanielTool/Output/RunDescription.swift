import ArgumentParser
package import SpanielJSON

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
    /// The model whose features are compared, and how they are taken from it; nil: the main model's own.
    package let features: (model: Model, settings: String)?
    package let precision: String
    package let instructionSet: String

    package init(
        task: TaskName, model: Model, others: [(key: String, model: Model)] = [],
        features: (model: Model, settings: String)? = nil, precision: String = "float32",
        instructionSet: String
    ) {
        self.task = task
        self.model = model
        self.others = others
        self.features = features
        self.precision = precision
        self.instructionSet = instructionSet
    }

    /// What an answer depends on beside its picture, for `AnswerFile`.
    ///
    /// - Parameter arguments: the command line's; those that change no answer are left out.
    package func json(_ arguments: [String]) -> JSON {
        var json: JSON = ["spaniel": JSON(SpanielCommand.configuration.version)]
        Record.add(self, to: &json)
        json["options"] = JSON(Self.lasting(arguments).map { JSON($0) })
        return json
    }

    private static let passing: (values: Set<String>, flags: Set<String>) = (
        ["--resume", "--threads", "--cache"], ["--quiet", "--verbose", "--pull", "--json"]
    )

    private static func lasting(_ arguments: [String]) -> [String] {
        var lasting: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let name = String(argument.prefix { $0 != "=" })
            if passing.values.contains(name) {
                if name == argument { _ = rest.popFirst() }
            } else if !passing.flags.contains(argument) {
                lasting.append(argument)
            }
        }
        return lasting
    }
}
