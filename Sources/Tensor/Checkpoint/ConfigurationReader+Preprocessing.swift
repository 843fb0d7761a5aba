import SpanielJSON
package import SpanielPlatform

extension ConfigurationReader {
    /// Reads how a model's folder prepares pictures: from `image_processor` in processor_config.json, or from
    /// preprocessor_config.json. Returns nil without either.
    package static func preprocessor(in folder: URL) throws(WeightsError) -> ConfigurationReader? {
        if let reader = try present(folder, "processor_config.json"), reader.contains("image_processor") {
            return try reader.section("image_processor")
        }
        return try present(folder, "preprocessor_config.json")
    }

    private static func present(_ folder: URL, _ name: String) throws(WeightsError) -> ConfigurationReader? {
        do { return try ConfigurationReader(contentsOf: folder.appending(path: name)) } catch .incomplete {
            return nil
        }
    }

    /// Reads one number for all three channels, or three numbers, one each.
    package func channels(_ key: String, default: [Double]) throws(WeightsError) -> [Double] {
        if let number = value(key)?.double { return [number, number, number] }
        return try doubles(key, default: `default`)
    }
}
