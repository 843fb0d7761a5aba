import ArgumentParser

@main
struct Spaniel: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spaniel", abstract: "Finds any object in pictures from one example.")
}
