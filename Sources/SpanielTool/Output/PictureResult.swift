import PerSAM

/// What a command found in one picture.
package struct PictureResult: Sendable {
    /// One object, as every output shows it.
    package struct Object: Sendable {
        package let className: String
        /// 0…1, what `--threshold` is compared with.
        package let score: Float
        /// The parts of the score, by name.
        package let scores: [(name: String, value: Float)]
        package let box: Box
        package let mask: Mask

        package init(className: String, score: Float, scores: [(name: String, value: Float)], box: Box, mask: Mask) {
            self.className = className
            self.score = score
            self.scores = scores
            self.box = box
            self.mask = mask
        }
    }

    /// Why `find` looked no further.
    package struct Stop: Sendable, Equatable {
        package let reason: String
        package let peak: Float?
        package let threshold: Float?

        package init(reason: String, peak: Float?, threshold: Float?) {
            self.reason = reason
            self.peak = peak
            self.threshold = threshold
        }
    }

    /// Best score first.
    package let objects: [Object]
    package let stop: Stop?

    package init(objects: [Object], stop: Stop? = nil) {
        // Equal scores keep the order they were found in.
        self.objects = objects.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }.map(\.element)
        self.stop = stop
    }
}

/// What is the same for every picture of a run.
package struct RunDescription: Sendable {
    package let task: String
    package let modelName: String
    package let modelHash: String
    package let precision: String
    package let instructionSet: String

    package init(task: String, modelName: String, modelHash: String, precision: String, instructionSet: String) {
        self.task = task
        self.modelName = modelName
        self.modelHash = modelHash
        self.precision = precision
        self.instructionSet = instructionSet
    }
}
