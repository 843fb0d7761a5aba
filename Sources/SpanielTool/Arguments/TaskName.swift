/// What is done with each picture, as the command, its records and the files of what it learnt name it.
package enum TaskName: String, CaseIterable, Sendable {
    case find, mask, segment, detect, classify

    /// Reads an option that takes some of them.
    init(parsing text: String, among tasks: [TaskName]) throws(UsageError) {
        guard let task = TaskName(rawValue: text), tasks.contains(task) else {
            throw UsageError("write one of \(tasks.map(\.rawValue).joined(separator: ", "))")
        }
        self = task
    }
}
