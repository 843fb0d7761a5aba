import Logging
import PerSAM
import SpanielAnnotations
import SpanielDrawing
import SpanielFiles
package import Spaniel
import SpanielPlatform

/// `spaniel learn --from`: a labelled set, picture by picture, into concepts.
package struct LabelledLearning {
    let source: AnnotationArgument
    let set: LabelledSet
    let chosen: LabelledPictures
    /// The folder of the pictures, where one was given.
    let pictures: String?
    let transparency: Picture.Transparency
    let log: Logger

    /// One labelled object, as messages name it.
    package struct Place: CustomStringConvertible {
        let file: String
        /// Among the picture's objects, from 1.
        let object: Int
        /// Its id, where the format has one.
        let annotation: Int?

        package init(file: String, object: Int, annotation: Int? = nil) {
            (self.file, self.object, self.annotation) = (file, object, annotation)
        }

        package var description: String {
            "\(file) " + (annotation.map { "annotation \($0)" } ?? "object \(object)")
        }
    }

    /// - Throws: `Failure`, exit code 66, where pictures are not where they should be; asked before anything
    ///   slow begins.
    func checkPictures() throws(Failure) {
        let missing = chosen.entries.map { file(of: $0) }.filter { FileKind(at: $0) == .missing }
        guard let first = missing.first else { return }
        throw Failure(
            .missing, code: "image.missing",
            "\(source.path): \(missing.count) of \(chosen.entries.count) pictures are missing, the first: \(first); "
                + "say with --pictures FOLDER where they lie")
    }

    private func file(of entry: LabelledPictures.Entry) -> String {
        LabelledPictures.place(of: entry.labels.file, source: source, pictures: pictures)
    }

    /// What is said of crowds, of which no class is learnt; nothing where there are none.
    private var crowds: [String] {
        let count = set.pictures.reduce(0) { $0 + $1.objects.count(where: \.isCrowd) }
        guard count > 0 else { return [] }
        return [
            "\(count) crowd\(count == 1 ? " was" : "s were") left out (objects that the file marks with iscrowd); --keep-crowds takes them for objects"
        ]
    }

    /// - Parameter budget: the most searches a class for examples that hurt.
    func concepts<Trainer: LabelledTrainer>(_ trainer: Trainer, budget: Int) throws -> [Trainer.Concept] {
        var training = LabelledTraining(trainer)
        Interruption.finishCleanly()
        for sentence in crowds { log.notice("\(source.path): \(sentence)") }
        if let omission = chosen.omission { log.notice("\(source.path): \(omission)") }
        let places = try read(into: &training)
        // In the set's order, by which formats without names number what was found.
        var taken = Set(training.classNames)
        let names = set.classes.map(\.name).filter { taken.remove($0) != nil }
        var outcomes: [LabelledTraining<Trainer>.Outcome] = []
        var better: [(concept: Trainer.Concept, verdict: HeldOutVerdict)?] = names.map { _ in nil }
        if trainer.learnsTogether {
            // Whether examples hurt is asked below, of the classes that learn nothing better together.
            try eachClass(
                of: training, names, budget: 0, atMost: trainer.mostPicturesAlone
            ) { _, outcome, _ in outcomes.append(outcome) }
            better = try together(training, outcomes)
        }
        var alone: [String: LabelledTraining<Trainer>.Outcome] = [:]
        func report(_ name: String, _ outcome: LabelledTraining<Trainer>.Outcome) -> [String] {
            let own = outcome.places.map { places[$0.picture][$0.object] }
            return Self.report(
                name, outcome.leaveOneOut, own, usual: trainer.threshold(of: outcome.concept))
        }
        let left = names.indices.filter { better[$0] == nil }.map { names[$0] }
        try eachClass(of: training, left, budget: budget) { name, outcome, progress in
            alone[name] = outcome
            for line in report(name, outcome) { progress.note(line) }
        }
        return try names.indices.map { index in
            if let (concept, verdict) = better[index] {
                let count = outcomes[index].places.count
                log.notice("\(Self.learnt(names[index], count, verdict)); each place is looked at closer")
                return concept
            }
            guard let outcome = alone[names[index]] else { throw CancellationError() }
            return outcome.concept
        }
    }

    /// Learns each class alone.
    /// - Parameter most: the most pictures that are searched for each.
    private func eachClass<Trainer: LabelledTrainer>(
        of training: LabelledTraining<Trainer>, _ names: [String], budget: Int, atMost most: Int = .max,
        _ take: (String, LabelledTraining<Trainer>.Outcome, inout Progress) -> Void
    ) throws {
        // A step for learning the class, one for each search.
        let steps = names.map { 1 + training.mostSearches($0, budget: budget, atMost: most) }
        var progress = Progress(total: steps.reduce(0, +), log: log)
        defer { progress.clear() }
        for (name, steps) in zip(names, steps) {
            progress.draw()
            var searches = 0
            let outcome: LabelledTraining<Trainer>.Outcome
            do {
                outcome = try training.learn(name, budget: budget, atMost: most) {
                    searches += 1
                    progress.advance()
                }
            } catch {
                let failure = Failure(error, about: .input)
                guard failure.status == .unusable else { throw failure }
                throw Failure(.unusable, code: failure.code, "\(source.path): \(name): \(failure.message)")
            }
            progress.advance(by: steps - searches)
            take(name, outcome, &progress)
        }
    }

    /// Learns what the classes teach together; the pictures are read a second time, one after another.
    private func together<Trainer: LabelledTrainer>(
        _ training: LabelledTraining<Trainer>, _ outcomes: [LabelledTraining<Trainer>.Outcome]
    ) throws -> [(concept: Trainer.Concept, verdict: HeldOutVerdict)?] {
        // Each picture is looked at, and then made exact.
        var progress = Progress(total: 2 * chosen.entries.count, log: log)
        defer { progress.clear() }
        do {
            return try training.together(outcomes, picture: { try read(chosen.entries[$0]) }) {
                progress.advance()
            }
        } catch { throw Failure(error, about: .input) }
    }

    /// Reads a labelled picture.
    private func read(_ entry: LabelledPictures.Entry) throws -> Picture {
        let file = file(of: entry)
        let picture = try Picture(contentsOf: URL(filePath: file), transparency: transparency)
        let size = entry.labels.size
        guard picture.size == size else {
            throw Failure(
                .unusable, code: "annotations.size",
                "\(source.path): expected \(file) to be \(size.width) x \(size.height) as labelled, found \(picture.width) x "
                    + "\(picture.height); say with --pictures FOLDER where the labelled pictures lie")
        }
        return picture
    }

    /// - Returns: of each picture, the places of the objects that the trainer takes.
    private func read<Trainer: LabelledTrainer>(into training: inout LabelledTraining<Trainer>) throws
        -> [[Place]]
    {
        var places: [[Place]] = []
        var progress = Progress(total: chosen.entries.count, log: log)
        defer { progress.clear() }
        for entry in chosen.entries {
            progress.draw()
            try Task.checkCancellation()
            let file = file(of: entry)
            var problems: [(place: Place, message: String)] = []
            var taken: [(region: LabelledRegion, place: Place, isExample: Bool)] = []
            do {
                let picture = try read(entry)
                let size = entry.labels.size
                for (index, object) in entry.labels.objects.enumerated() {
                    let place = Place(file: file, object: index + 1, annotation: object.number)
                    if let region = object.region(className: set.classes[object.classIndex].name, size: size)
                    {
                        taken.append((region, place, entry.examples.contains(index)))
                    } else {
                        problems.append((place, "nothing of it is in the picture"))
                    }
                }
                problems += try training.add(picture, taken.map(\.region)) { taken[$0].isExample }
                    .map { (taken[$0.object].place, Failure($0.problem, about: .input).message) }
            } catch { throw Failure(error, about: .input) }
            for problem in problems { progress.note("\(problem.place) is no example: \(problem.message)") }
            places.append(taken.map(\.place))
            progress.advance()
        }
        guard !training.classNames.isEmpty else {
            throw Failure(
                .unusable, code: "annotations.empty",
                "\(source.path): expected objects to learn from, found none"
                    + crowds.map { "; \($0)" }.joined())
        }
        return places
    }

    /// What is said of a class: its threshold, where that comes from, and the examples that hurt.
    package static func report(
        _ name: String, _ result: LeaveOneOut, _ places: [Place], usual: Float
    ) -> [String] {
        guard let verdict = result.verdict else {
            let why =
                switch result.obstacle {
                case .fewPictures(let count)?:
                    "\(count == 1 ? "one picture shows" : "\(count) pictures show") it, \(LeaveOneOut.fewestPictures) are needed to choose one"
                default: "in no picture do the others' examples find what is labelled"
                }
            return ["\(learnt(name, places.count))\(decimals(Double(usual), 3)), the usual one: \(why)"]
        }
        var lines = [learnt(name, places.count, verdict)]
        for hurting in result.hurting {
            lines.append(
                "\(places[hurting.example]) (\(name)) hurts: without it the others score "
                    + "\(percent(hurting.quality)) instead of \(percent(verdict.quality))")
        }
        if result.examined < places.count {
            lines.append(
                "whether examples hurt was asked of the first \(result.examined) of \(places.count) only")
        }
        return lines
    }

    private static func learnt(_ name: String, _ count: Int) -> String {
        "learnt \(name) from \(count) example\(count == 1 ? "" : "s"); threshold "
    }

    private static func learnt(_ name: String, _ count: Int, _ verdict: HeldOutVerdict) -> String {
        learnt(name, count) + decimals(Double(verdict.threshold), 3)
            + ": \(percent(verdict.quality)) right, each picture by the others' examples"
    }

    private static func percent(_ quality: Double) -> String { "\(Int((100 * quality).rounded())) %" }
}
