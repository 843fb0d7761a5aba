import ArgumentParser
import PerSAM
import Tensor

/// What a command does with each picture, everything it takes loaded: the same for a run over files and for a
/// worker.
struct PictureTask {
    /// What is done with one picture, given its name too; what it throws is about that picture.
    typealias Work = (_ image: String, _ picture: Picture, inout Stopwatch) throws -> PictureResult

    /// A model whose features are compared, and how they are taken from it.
    struct Features {
        let model: Weights
        let settings: String

        init(_ model: Weights, _ settings: String) { (self.model, self.settings) = (model, settings) }
    }

    let name: TaskName
    let model: Weights
    /// Models beside the main one, by their key in records.
    var others: [(key: String, model: Weights)] = []
    /// What tells objects apart, where the main model does not.
    var features: Features?
    /// In the order of their colours.
    let classes: [String]
    /// How transparent pixels are read; the original code ignored that they are.
    var transparency = Picture.Transparency.white
    /// nil when the command line does not say what to look for, which a worker's lines may do.
    let work: Work?
    /// The work of a line that says itself what to look for; nil where the command line alone can.
    var workOfLine: ((WorkerLine.Prompts) throws -> Work)?
    /// Hears of a picture whose result and files an earlier run kept, where files of the task's own are
    /// numbered.
    var passOver: ((_ image: String) -> Void)?
}

/// A command that works on pictures one by one, and so can be a worker's task.
protocol PictureCommand: ParsableCommand {
    var pictures: PictureArguments { get }
    var model: ModelOptions { get }
    var output: OutputOptions { get }
    var export: ExportOptions { get }
    /// The folders for files of the task's own beside the results, with the options that name them.
    var ownFolders: [(option: String, path: String)] { get }

    /// Reads examples and loads models.
    func prepare() throws -> PictureTask
}

extension PictureCommand {
    var ownFolders: [(option: String, path: String)] { [] }

    func run() throws { try run { _ in } }

    /// Prepares the task; what its models are packed to is kept with `--cache`.
    func load() throws -> PictureTask { try output.keepingPacked(prepare) }

    /// Works through the pictures, after a check of what can be known without a model.
    ///
    /// - Parameter see: hears the result of each picture.
    func run(seeing see: (PictureResult) -> Void) throws {
        let entries = try pictures.expand()
        try output.check()
        try export.check()
        let exporting = try export.options(log: output.log)
        for folder in ownFolders { try OutputFolder.check(folder.path) }
        let task = try load()
        guard let work = task.work else { return }
        var run = try PictureRun(
            entries, output, exports: (export.export, exporting), ownFolders: ownFolders.map(\.path), task)
        try run(work, seeing: see)
    }
}
