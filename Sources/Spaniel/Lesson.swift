package import SpanielImaging

/// How a model learns from labelled pictures: each is encoded once and then let go, what is kept does not
/// grow with its size.
package protocol Lesson {
    /// An encoded picture.
    associatedtype Scene
    /// An example as the model keeps it.
    associatedtype Taught
    /// What is learnt of a class.
    associatedtype Learnt
    associatedtype Evidence: HeldOutEvidence

    /// - Parameter labelled: all objects of the picture.
    func scene(_ picture: Picture, _ labelled: [LabelledRegion]) throws -> Scene
    func look(at region: Example.Region, className: String, in picture: Picture, _ scene: Scene) throws
        -> Taught
    /// - Parameter examples: of one class, at least one.
    func learn(_ className: String, _ examples: [(taught: Taught, scene: Scene)]) throws -> Learnt
    func threshold(of learnt: Learnt) -> Float
    func set(_ threshold: Float, of learnt: inout Learnt)
    /// What some of the examples show in a picture.
    /// - Parameter labelled: what is labelled of the class there.
    func search(
        _ learnt: Learnt, by examples: [Int], of taught: [Taught], in scene: Scene, labelled: [LabelledRegion]
    ) throws -> Evidence?
}

/// One labelled object, as a lesson takes it.
package struct LabelledRegion: Sendable {
    package let className: String
    package let box: Box
    /// The pixels, where they are known.
    package let runs: RLE?
    /// A group under one outline: it is no example, and what is found in it is neither right nor wrong.
    package let isCrowd: Bool

    package init(className: String, box: Box, runs: RLE? = nil, isCrowd: Bool = false) {
        (self.className, self.box, self.runs, self.isCrowd) = (className, box, runs, isCrowd)
    }

    var region: Example.Region { runs.map { .mask(Mask($0)) } ?? .box(box) }
}

/// A labelled set on its way into concepts: pictures are added one by one, then each class is learnt.
package struct Course<Teacher: Lesson> {
    package let lesson: Teacher
    private var scenes: [(scene: Teacher.Scene, labelled: [LabelledRegion])] = []
    private var examples: [(taught: Teacher.Taught, picture: Int, object: Int, className: String)] = []

    package init(_ lesson: Teacher) { self.lesson = lesson }

    /// Encodes a picture and looks at its objects.
    ///
    /// - Parameter teaches: the objects that become examples; crowds never do.
    /// - Returns: the objects that the model cannot learn from, and why.
    package mutating func add(
        _ picture: Picture, _ objects: [LabelledRegion], teaches: (_ object: Int) -> Bool
    ) throws -> [(object: Int, problem: any Error)] {
        let scene = try lesson.scene(picture, objects)
        var problems: [(object: Int, problem: any Error)] = []
        for (index, object) in objects.enumerated() where !object.isCrowd && teaches(index) {
            do {
                let taught = try lesson.look(
                    at: object.region, className: object.className, in: picture, scene)
                examples.append((taught, scenes.count, index, object.className))
            } catch is CancellationError { throw CancellationError() } catch {
                problems.append((index, error))
            }
        }
        scenes.append((scene, objects))
        return problems
    }

    /// The classes that have an example, in the order these came.
    package var classNames: [String] {
        var known: Set<String> = []
        return examples.map(\.className).filter { known.insert($0).inserted }
    }

    /// The most searches that learning a class takes.
    package func mostSearches(_ className: String, budget: Int) -> Int {
        let homes = examples.filter { $0.className == className }.map(\.picture)
        return LeaveOneOut.mostSearches(pictures: scenes.count, homes: homes, budget: budget)
    }

    /// What was learnt of a class, its threshold set.
    package struct Outcome {
        package let learnt: Teacher.Learnt
        package let leaveOneOut: LeaveOneOut
        /// Of each example, the picture it is from and its place among the objects there.
        package let places: [(picture: Int, object: Int)]
    }

    /// Learns a class.
    ///
    /// - Parameters:
    ///   - budget: the most searches for examples that hurt.
    ///   - note: called after each search, to show progress.
    package func learn(_ className: String, budget: Int = .max, searched note: () -> Void = {}) throws
        -> Outcome
    {
        let own = examples.filter { $0.className == className }
        let taught = own.map(\.taught)
        var learnt = try lesson.learn(className, own.map { ($0.taught, scenes[$0.picture].scene) })
        let labels = scenes.map { $0.labelled.filter { $0.className == className } }
        let result = try LeaveOneOut(
            pictures: scenes.count, homes: own.map(\.picture), usual: lesson.threshold(of: learnt),
            budget: budget
        ) { picture, chosen in
            try Task.checkCancellation()
            defer { note() }
            return try lesson.search(
                learnt, by: chosen, of: taught, in: scenes[picture].scene, labelled: labels[picture])
        }
        if let verdict = result.verdict { lesson.set(verdict.threshold, of: &learnt) }
        return Outcome(learnt: learnt, leaveOneOut: result, places: own.map { ($0.picture, $0.object) })
    }
}
