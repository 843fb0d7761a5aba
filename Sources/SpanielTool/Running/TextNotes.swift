import Logging
import Spaniel

extension CLIP.Texts {
    /// Says what of some texts does not reach the model: ends that are too long, and
    /// characters it does not know.
    ///
    /// - Throws: `CLIPError` for a text of which nothing reaches it.
    func note(_ texts: [String], to log: Logger) throws {
        for text in texts {
            let tokens = try tokens(text)
            if tokens.wasCut {
                log.notice("\"\(text)\" is longer than the model takes: its end was left out")
            }
            if tokens.unknown > 0 {
                log.notice(
                    "\"\(text)\" holds characters that the model does not know; they count for nothing")
            }
        }
    }
}
