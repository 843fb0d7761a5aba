/// What a score is compared with: one value for every class, or one for each class named.
package struct Thresholds: Sendable, Equatable {
    package var all: Float?
    package var byClass: [String: Float]

    package init(all: Float? = nil, byClass: [String: Float] = [:]) {
        self.all = all
        self.byClass = byClass
    }

    package subscript(className: String) -> Float? { byClass[className] ?? all }

    /// Reads `--threshold 0.3` and `--threshold CLASS=0.3`, each any number of times; the last of a class
    /// counts.
    package init(parsing arguments: [ThresholdArgument]) {
        self.init()
        for argument in arguments {
            if let className = argument.className {
                byClass[className] = argument.value
            } else {
                all = argument.value
            }
        }
    }

    /// - Throws: when a threshold names a class that is not among `classes`.
    package func check(against classes: [String]) throws(UsageError) {
        for name in byClass.keys.sorted() where !classes.contains(name) {
            throw UsageError(
                "--threshold \(name)=… names no class of this run; the classes are \(classes.joined(separator: ", "))"
            )
        }
    }
}

/// One `--threshold`: `[CLASS=]VALUE`, the value in 0…1.
package struct ThresholdArgument: Sendable, Equatable {
    package let className: String?
    package let value: Float

    package init(className: String?, value: Float) {
        self.className = className
        self.value = value
    }

    /// The class may hold `=` itself: the last one cuts.
    package init(parsing text: String) throws(UsageError) {
        let cut = text.lastIndex(of: "=")
        let className = cut.map { String(text[..<$0]) }
        let number = cut.map { String(text[text.index(after: $0)...]) } ?? text
        guard className != "" else { throw UsageError("\"\(text)\" has an empty class before \"=\"") }
        guard let value = Float(number), (0...1).contains(value) else {
            throw UsageError("\"\(number)\" is not a score between 0 and 1")
        }
        self.init(className: className, value: value)
    }
}
