package import PerSAM

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
        /// nil where a task gives boxes only; made anew at each call.
        package var mask: Mask? { boxed?.mask }
        private let boxed: BoxedMask?
        /// The number of the mask's pixels.
        package var area: Int? { boxed?.area }
        /// Which of two models' opinions moved the score more; nil where one was asked.
        package let decided: String?

        package init(
            className: String, score: Float, scores: [(name: String, value: Float)], box: Box, mask: Mask?,
            decided: String? = nil
        ) {
            self.decided = decided
            self.className = className
            self.score = score
            self.scores = scores
            self.box = box
            boxed = mask.map { BoxedMask($0) }
        }

        package init(
            className: String, score: Float, scores: [(name: String, value: Float)], box: Box,
            boxed: BoxedMask
        ) {
            (self.className, self.score, self.scores) = (className, score, scores)
            (self.box, self.boxed, decided) = (box, boxed, nil)
        }
    }

    /// A class the whole picture may belong to.
    package struct ClassScore: Sendable, Equatable {
        package let className: String
        /// The probability, 0…1.
        package let score: Float

        package init(className: String, score: Float) {
            self.className = className
            self.score = score
        }
    }

    /// A class that was looked for and is not there: how near anything came.
    package struct Absence: Sendable, Equatable {
        package let className: String
        /// The best score anywhere in the picture.
        package let best: Float
        /// What it would have had to reach.
        package let threshold: Float

        package init(className: String, best: Float, threshold: Float) {
            self.className = className
            self.best = best
            self.threshold = threshold
        }
    }

    /// Best score first.
    package let objects: [Object]
    /// Why `find` looked no further.
    package var stop: PerSAM.Stop?
    /// What `classify` says of the whole picture, best first; nil for every other command.
    package var classes: [ClassScore]?
    /// The classes without an object, where a command can say how near they came.
    package var absent: [Absence] = []
    /// Objects that were found and then refused by another model, best first.
    package var rejected: [Object] = []

    package init(objects: [Object], stop: PerSAM.Stop? = nil) {
        self.objects = Self.sorted(objects)
        self.stop = stop
    }

    /// Best score first; equal scores keep the order they were found in.
    package static func sorted(_ objects: [Object]) -> [Object] {
        objects.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }.map(
            \.element)
    }
}
