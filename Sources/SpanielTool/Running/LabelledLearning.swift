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
        var concepts: [Trainer.Concept] = []
        // A step for learning the class, one for each search.
        let steps = training.classNames.map { 1 + training.mostSearches($0, budget: budget) }
        var progress = Progress(total: steps.reduce(0, +), log: log)
        defer { progress.clear() }
        for (name, steps) in zip(training.classNames, steps) {
            progress.draw()
            var searches = 0
            let outcome: LabelledTraining<Trainer>.Outcome
            do {
                outcome = try training.learn(name, budget: budget) {
                    searches += 1
                    progress.advance()
                }
            } catch {
                let failure = Failure(error, about: .input)
                guard failure.status == .unusable else { throw failure }
                throw Failure(.unusable, code: failure.code, "\(source.path): \(name): \(failure.message)")
            }
            concepts.append(outcome.concept)
            progress.advance(by: steps - searches)
            let own = outcome.places.map { places[$0.picture][$0.object] }
            for line in Self.report(
                name, outcome.leaveOneOut, own, usual: trainer.threshold(of: outcome.concept))
            { progress.note(line) }
        }
        return concepts
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
                let picture = try Picture(contentsOf: URL(filePath: file), transparency: transparency)
                let size = entry.labels.size
                guard picture.size == size else {
                    throw Failure(
                        .unusable, code: "annotations.size",
                        "\(source.path): expected \(file) to be \(size.width) x \(size.height) as labelled, found \(picture.width) x "
                            + "\(picture.height); say with --pictures FOLDER where the labelled pictures lie")
                }
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
        let learnt = "learnt \(name) from \(places.count) example\(places.count == 1 ? "" : "s"); threshold "
        guard let verdict = result.verdict else {
            let why =
                switch result.obstacle {
                case .fewPictures(let count)?:
                    "\(count == 1 ? "one picture shows" : "\(count) pictures show") it, \(LeaveOneOut.fewestPictures) are needed to choose one"
                default: "in no picture do the others' examples find what is labelled"
                }
            return ["\(learnt)\(decimals(Double(usual), 3)), the usual one: \(why)"]
        }
        func percent(_ quality: Double) -> String { "\(Int((100 * quality).rounded())) %" }
        var lines = [
            "\(learnt)\(decimals(Double(verdict.threshold), 3)): \(percent(verdict.quality)) right, each picture by the others' examples"
        ]
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
}
