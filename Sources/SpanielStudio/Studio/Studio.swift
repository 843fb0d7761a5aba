import OWLViT
import SpanielFiles
import SpanielImaging
import SpanielJSON
import SpanielPlatform

/// A project that is open: the one place that changes it.
///
/// What is slow (decoding, encoding, masks) happens on workbenches; what stays here takes milliseconds.
package actor Studio {
    let project: ProjectFile
    let files: PictureFiles
    package nonisolated let folder: PhotoFolder
    package nonisolated let models: StudioModels
    package nonisolated let events = EventHub()
    /// Where exports go.
    let exports: String
    let ranker = Ranker()

    /// Encodes for ranking, one picture after the other.
    let encoding = Workbench("encoding")
    /// Thumbnails, crops and pictures.
    let pixels = Workbench("pixels", isConcurrent: true, limit: 64)
    /// Learns from decisions; looks closer at pictures.
    let learning = Workbench("learning")
    let looks = Workbench("looks")
    /// Masks: one at work, two that wait.
    let masks = Workbench("masks", limit: 3)

    /// Pictures that wait to be read and encoded.
    var pending: Set<Int64> = []
    /// All pictures in the order of their names, and up to where they were seen to.
    var order: [Int64] = []
    var orderPlace = 0
    /// What the page shows just now, and what of it is still to be encoded.
    var shown: [Int64] = []
    var priority: [Int64] = []
    var isPaused = false
    var isStopped = false
    var wake: CheckedContinuation<Void, Never>?
    var pace = Pace()
    var unsaved: Set<Int64> = []
    var lastProgress = ContinuousClock.now
    var lastScores = ContinuousClock.now

    /// Near-duplicates: the group of a picture.
    var knownGroups: [Int64: Int64]?

    /// What was learnt of each prompt.
    var taken: [Int64: TakenPrompt] = [:]
    var embedded: [String: OWLViT.Text] = [:]
    var exampleEncodings: [(picture: Int64, encoding: OWLViT.Encoding)] = []
    /// The number of the last refreshing of a class.
    var generations: [Int64: Int] = [:]

    var segmented: [(picture: Int64, scene: SegmentedScene)] = []
    var jobs: [FindJob] = []
    var nextJob = 1
    /// What exports can be downloaded.
    var downloads: [String: String] = [:]
    /// Learning that an answer did not wait for.
    var teaching: Task<Void, Never>?
    /// The pictures of Label Studio's annotations.
    var annotatedPictures: [Int: Int64] = [:]
    /// What X-AnyLabeling was last shown by a box.
    var lastExample: OWLViT.Concept?
    /// What the labels taught of all classes together.
    var closer: CloserKnowledge?
    /// How many pictures were reviewed when that was tried last.
    var closerAt = 0
    var looking: Task<Void, Never>?
    var isLearning = false
    /// How much was decided of each class when it was learnt last.
    var learntAt: [Int64: Int] = [:]
    var trouble: StudioError?
    var tasks: [Task<Void, Never>] = []

    /// Opens a folder with its project.
    ///
    /// - Parameters:
    ///   - projectFile: nil: `labels.spaniel` in the folder.
    ///   - cache: a folder for thumbnails; nil: `.spaniel-cache` beside the project file.
    /// - Throws: `StudioError`.
    package init(
        folder path: String, projectFile: String? = nil, cache: String? = nil, models: StudioModels
    ) throws(StudioError) {
        folder = try PhotoFolder(path)
        let file = projectFile ?? "\(path)/\(Self.projectName)"
        let place = file.contains("/") ? String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)]) : "."
        project = try ProjectFile(at: URL(filePath: file))
        files = PictureFiles(folder, try StudioCache(folder: cache ?? "\(place)/.spaniel-cache"))
        exports = "\(place)/\(PhotoFolder.exports)"
        self.models = models
    }

    package static let projectName = "labels.spaniel"

    /// The number of pictures.
    package var pictureCount: Int { project.state.pictures.values.lazy.filter { !$0.isMissing }.count }

    /// Looks through the folder and begins to encode.
    package func start() throws(StudioError) {
        _ = try lookThroughFolder()
        tasks.append(Task { await self.encodeAll() })
        tasks.append(Task { await self.watchFolder() })
        tasks.append(Task { await self.refreshAll() })
    }

    /// Ends what goes on; everything that was acknowledged is on the disk already.
    package func stop() async {
        isStopped = true
        for task in tasks { task.cancel() }
        for job in jobs { job.task?.cancel() }
        teaching?.cancel()
        looking?.cancel()
        wakeUp()
        events.close()
        saveUnsaved()
    }

    /// What the addresses for other labelling tools carry, the same in every run.
    package func key() throws(StudioError) -> String { try project.key() }

    // MARK: - Looking things up

    var state: ProjectState { project.state }

    func picture(_ id: String) throws(StudioError) -> PictureRecord {
        guard let number = StudioID.number(id, "p"), let picture = state.pictures[number] else {
            throw .unknown("picture")
        }
        return picture
    }

    func classRecord(_ id: String) throws(StudioError) -> ClassRecord {
        guard let number = StudioID.number(id, "c"), let record = state.classes[number] else {
            throw .unknown("class")
        }
        return record
    }

    func promptRecord(_ id: String) throws(StudioError) -> PromptRecord {
        guard let number = StudioID.number(id, "q"), let record = state.prompts[number] else {
            throw .unknown("prompt")
        }
        return record
    }

    func annotationRecord(_ id: String) throws(StudioError) -> AnnotationRecord {
        guard let number = StudioID.number(id, "a"), let record = state.annotations[number] else {
            throw .unknown("annotation")
        }
        return record
    }

    /// The group of each picture that has near-duplicates.
    var groups: [Int64: Int64] {
        if let knownGroups { return knownGroups }
        let known = state.pictures.values.compactMap { picture -> (id: Int64, look: UInt64, size: Size)? in
            guard let look = picture.look, let size = picture.size, !picture.isMissing else { return nil }
            return (picture.id, look, size)
        }
        let groups = Look.groups(known.sorted { $0.id < $1.id })
        knownGroups = groups
        return groups
    }

    // MARK: - Changing

    /// Makes a step of the history and tells every page.
    @discardableResult
    func commit(
        _ label: String, _ edits: [ProjectEdit], joinsLast: Bool = false
    ) throws(StudioError) -> ProjectMove {
        do throws(StudioError) {
            let move = try project.commit(label, edits, joinsLast: joinsLast)
            settle(nil)
            tell(move)
            return move
        } catch {
            if case .notSaved = error { settle(error) }
            throw error
        }
    }

    /// Notes that the disk is full, or no longer.
    func settle(_ error: StudioError?) {
        guard error != trouble else { return }
        trouble = error
        events.send(
            "trouble",
            error.map { ["code": JSON($0.code), "message": JSON($0.description)] } ?? ["code": nil])
    }

    func tell(_ move: ProjectMove) {
        events.send(
            "change",
            [
                "revision": JSON(state.revision), "label": JSON(move.label),
                "pictures": JSON(move.pictures.map { JSON(StudioID.picture($0)) }),
                "classes": JSON(move.touchesClasses),
            ])
    }
}

/// Whether a request may change what it saw.
extension Studio {
    /// - Throws: `StudioError.changed` when the row was changed since.
    func check(_ version: Int64?, _ row: some ProjectRecord, _ what: String) throws(StudioError) {
        guard let version else { throw .noVersion }
        guard version == row.version else { throw .changed(what) }
    }
}
