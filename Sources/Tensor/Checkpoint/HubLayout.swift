package import SpanielJSON

/// A checkpoint translated to what the hub's folder of that model would hold.
package struct HubLayout: Sendable {
    /// What config.json says, as far as the sizes differ from transformers' defaults.
    package let configuration: JSON.Object
    /// What preprocessor_config.json says.
    package let preprocessor: JSON.Object
    /// The weights under the hub's names.
    package let weights: Weights
    /// What cannot be known from the checkpoint and was assumed.
    package let notes: [String]

    package init(
        configuration: JSON.Object, preprocessor: JSON.Object, weights: Weights, notes: [String] = []
    ) {
        self.configuration = configuration
        self.preprocessor = preprocessor
        self.weights = weights
        self.notes = notes
    }

    /// The kind of model, as config.json calls it.
    package var modelType: String { configuration["model_type"]?.string ?? "" }

    package func configurationReader() throws(WeightsError) -> ConfigurationReader {
        try ConfigurationReader(.object(configuration), file: "\(weights.modelName) (as config.json)")
    }

    package func preprocessorReader() throws(WeightsError) -> ConfigurationReader {
        try ConfigurationReader(
            .object(preprocessor), file: "\(weights.modelName) (as preprocessor_config.json)")
    }
}

extension Weights {
    /// The shape of a tensor that a checkpoint of a known kind must have.
    /// - Throws: `WeightsError` if it is absent, or has another number of axes or an empty one.
    package func sizes(_ name: String, axes: Int) throws(WeightsError) -> [Int] {
        guard let shape = shape(of: name)?.extents else { throw .missing(model: modelName, tensor: name) }
        guard shape.count == axes, shape.allSatisfy({ (1...1 << 24).contains($0) }) else {
            throw .checkpoint(
                file: modelName, expected: "\(WeightsError.printable(name)) with \(axes) axes, none empty",
                found: "\(shape)")
        }
        return shape
    }

    /// The number of parts numbered from 0 below a name, such as layers.
    package func count(_ name: String) -> Int {
        let numbers = Set(self[name].names.compactMap { Int($0.prefix { $0 != "." }) })
        return (0...numbers.count).first { !numbers.contains($0) } ?? 0
    }
}
