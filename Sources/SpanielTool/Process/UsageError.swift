/// A command line that cannot be understood; its text is shown with the command's usage, exit code 64.
package struct UsageError: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
