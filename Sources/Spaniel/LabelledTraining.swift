package import SpanielImaging

/// Learns concepts from a labelled set: add the pictures one by one, then learn each class.
package struct LabelledTraining<Trainer: LabelledTrainer> {
    package let trainer: Trainer
    private var scenes: [(scene: Trainer.Scene, labelled: [LabelledRegion])] = []
    private var examples: [(observation: Trainer.Observation, picture: Int, object: Int, className: String)] =
        []

    package init(_ trainer: Trainer) { self.trainer = trainer }

    /// Encodes a picture and observes its objects.
    ///
    /// - Parameter isExample: whether the object at an index becomes an example; crowds never do.
    /// - Returns: the objects that the model cannot learn from, and why.
    package mutating func add(
        _ picture: Picture, _ objects: [LabelledRegion], isExample: (_ object: Int) -> Bool
    ) throws -> [(object: Int, problem: any Error)] {
        let scene = try trainer.scene(picture, objects)
        var problems: [(object: Int, problem: any Error)] = []
        for (index, object) in objects.enumerated() where !object.isCrowd && isExample(index) {
            do {
                let observation = try trainer.observe(
                    object.region, className: object.className, in: picture, scene)
                examples.append((observation, scenes.count, index, object.className))
            } catch is CancellationError { throw CancellationError() } catch {
                problems.append((index, error))
            }
        }
        scenes.append((scene, objects))
        return problems
    }

    /// The classes that have an example, in the order of their first examples.
    package var classNames: [String] {
        var known: Set<String> = []
        return examples.map(\.className).filter { known.insert($0).inserted }
    }

    /// Returns the most searches that learning a class takes.
    package func mostSearches(_ className: String, budget: Int, atMost most: Int = .max) -> Int {
        let pictures = examples.filter { $0.className == className }.map(\.picture)
        return LeaveOneOut.mostSearches(
            pictures: scenes.count, pictureOfExample: pictures, budget: budget, atMost: most)
    }

    /// Learns what the classes teach together: see `LabelledTrainer.together`.
    package func together(
        _ outcomes: [Outcome], picture: (_ scene: Int) throws -> Picture, seen note: () -> Void = {}
    ) throws -> [(concept: Trainer.Concept, verdict: HeldOutVerdict)?] {
        try trainer.together(
            outcomes.map { Alone(concept: $0.concept, leaveOneOut: $0.leaveOneOut) }, scenes,
            picture: picture, seen: note)
    }

    /// A learnt class, and how well its examples find each other.
    package struct Outcome {
        /// The concept with its threshold set.
        package let concept: Trainer.Concept
        package let leaveOneOut: LeaveOneOut
        /// For each example, the index of its picture and its index among the objects there.
        package let places: [(picture: Int, object: Int)]
    }

    /// Learns a class and its threshold.
    ///
    /// - Parameters:
    ///   - budget: the most searches for examples that hurt.
    ///   - most: the most pictures that are searched.
    ///   - note: called after each search, to show progress.
    package func learn(
        _ className: String, budget: Int = .max, atMost most: Int = .max, searched note: () -> Void = {}
    ) throws -> Outcome {
        let own = examples.filter { $0.className == className }
        let observations = own.map(\.observation)
        var concept = try trainer.learn(className, own.map { ($0.observation, scenes[$0.picture].scene) })
        let labels = scenes.map { $0.labelled.filter { $0.className == className } }
        let result = try LeaveOneOut(
            pictures: scenes.count, pictureOfExample: own.map(\.picture),
            usual: trainer.threshold(of: concept), budget: budget, atMost: most
        ) { picture, chosen in
            try Task.checkCancellation()
            defer { note() }
            return try trainer.search(
                concept, by: chosen, of: observations, in: scenes[picture].scene, labelled: labels[picture])
        }
        if let verdict = result.verdict { trainer.set(verdict.threshold, of: &concept) }
        return Outcome(concept: concept, leaveOneOut: result, places: own.map { ($0.picture, $0.object) })
    }
}
