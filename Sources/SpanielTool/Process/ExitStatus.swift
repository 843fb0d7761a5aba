/// The exit codes, as sysexits.h numbers them.
package enum ExitStatus: Int32, Sendable {
    case success = 0
    /// Wrong usage, an impossible `SPANIEL_ISA` too.
    case usage = 64
    /// Some pictures failed and the rest was done; or an example, a mask or a model is there but unusable.
    case unusable = 65
    /// An example, a mask, a model or a folder is missing, or every picture is.
    case missing = 66
    /// Weights are not here; the message says the command that fetches them.
    case weights = 69
    /// Our fault.
    case fault = 70
    /// An output cannot be written.
    case output = 73
    case interrupted = 130
}
