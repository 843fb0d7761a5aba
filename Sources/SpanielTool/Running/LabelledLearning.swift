import PerSAM
import SpanielAnnotations
import Spaniel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `spaniel learn --from`: a labelled set, picture by picture, into concepts.
package struct LabelledLearning {
    let source: AnnotationArgument
    let set: LabelledSet
    let chosen: LabelledPictures
    /// The folder of the pictures, where one was given.
    let pictures: String?
    let transparency: Picture.Transparency
    let quiet: Bool

    /// - Parameter budget: the most searches a class for examples that hurt.
    func concepts<Teacher: Lesson>(_ lesson: Teacher, budget: Int) throws -> [Teacher.Learnt] {
        var course = Course(lesson)
        Interruption.finishCleanly()
        if !quiet, let omission = chosen.omission { StandardError().note("\(source.path): \(omission)") }
        let files = try read(into: &course)
        var concepts: [Teacher.Learnt] = []
        var progress = Progress(total: course.classNames.count, quiet: quiet, verbose: false)
        for name in course.classNames {
            let outcome: Course<Teacher>.Outcome
            do { outcome = try course.learn(name, budget: budget, searched: { progress.draw() }) } catch {
                let failure = Failure(error, about: .input)
                guard failure.status == .unusable else { throw failure }
                throw Failure(.unusable, code: failure.code, "\(source.path): \(name): \(failure.message)")
            }
            concepts.append(outcome.learnt)
            progress.clear()
            progress.advance()
            progress.clear()
            guard !quiet else { continue }
            let places = outcome.places.map { (file: files[$0.picture].file, object: files[$0.picture].numbers[$0.object]) }
            for line in Self.report(name, outcome.leaveOneOut, places, usual: lesson.threshold(of: outcome.learnt)) {
                StandardError().note(line)
            }
        }
        return concepts
    }

    /// - Returns: the pictures' files, and of the objects that lessons take the numbers they have in the annotations, from 1.
    private func read<Teacher: Lesson>(into course: inout Course<Teacher>) throws -> [(file: String, numbers: [Int])] {
        var files: [(file: String, numbers: [Int])] = []
        var progress = Progress(total: chosen.entries.count, quiet: quiet, verbose: false)
        defer { progress.clear() }
        for entry in chosen.entries {
            progress.draw()
            try Task.checkCancellation()
            let file = LabelledPictures.place(of: entry.labels.file, source: source, pictures: pictures)
            var problems: [(object: Int, message: String)] = []
            var regions: [LabelledRegion] = []
            var numbers: [Int] = []
            do {
                let picture = try Picture(contentsOf: URL(filePath: file), transparency: transparency)
                let size = entry.labels.size
                guard picture.size == size else {
                    throw Failure(
                        .unusable, code: "annotations.size",
                        "\(source.path): \(file) is \(size.width) x \(size.height) there, found \(picture.width) x \(picture.height)")
                }
                for (index, object) in entry.labels.objects.enumerated() {
                    if let region = object.region(className: set.classes[object.classIndex].name, size: size) {
                        regions.append(region)
                        numbers.append(index + 1)
                    } else {
                        problems.append((index + 1, "nothing of it is in the picture"))
                    }
                }
                problems += try course.add(picture, regions) { entry.examples.contains(numbers[$0] - 1) }
                    .map { (numbers[$0.object], Failure($0.problem, about: .input).message) }
            } catch { throw Failure(error, about: .input) }
            for problem in problems { progress.note("\(file) object \(problem.object) is no example: \(problem.message)") }
            files.append((file, numbers))
            progress.advance()
        }
        guard !course.classNames.isEmpty else {
            throw Failure(.unusable, code: "annotations.empty", "\(source.path): expected objects to learn from, found none")
        }
        return files
    }

    /// What is said of a class: its threshold, where that comes from, and the examples that hurt.
    package static func report(
        _ name: String, _ result: LeaveOneOut, _ places: [(file: String, object: Int)], usual: Float
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
            let place = places[hurting.example]
            lines.append(
                "\(place.file) object \(place.object) (\(name)) hurts: without it the others score "
                    + "\(percent(hurting.quality)) instead of \(percent(verdict.quality))")
        }
        if result.examined < places.count {
            lines.append("whether examples hurt was asked of the first \(result.examined) of \(places.count) only")
        }
        return lines
    }
}
