public import SpanielFiles
import Tensor

/// Says what is wrong with a text, or with the files that describe how a model reads texts.
public enum CLIPError: SpanielError, Equatable {
    /// The text has no word.
    case textEmpty
    /// The model knows no character of the text.
    case textUnknown(String)
    /// The template has no `{}` for the text.
    case template(String)
    /// The folder has no files for a tokenizer.
    case tokenizerMissing(folder: String, found: String)
    /// A tokenizer's file says something impossible, or something that CLIP's tokenizer does not do.
    case tokenizer(file: String, expected: String, found: String)
    /// The tokenizer has ids for which the model's table of words has no row.
    case vocabulary(model: String, tokenizer: Int, embeddings: Int)
    /// A file is missing or cannot be read.
    case file(FileError)

    /// The error's name in records that programs read.
    public var code: String {
        switch self {
        case .textEmpty: "text.empty"
        case .textUnknown: "text.unknown"
        case .template: "text.template"
        case .tokenizerMissing: "tokenizer.missing"
        case .tokenizer: "tokenizer.file"
        case .vocabulary: "tokenizer.vocabulary"
        case .file(let error): error.code
        }
    }
}

extension CLIPError {
    /// The sentence for people: the subject, what was expected and found, and the fix.
    public var description: String {
        switch self {
        case .textEmpty:
            "the text is empty: give the words for what you look for"
        case .textUnknown(let text):
            "the model's vocabulary has not one character of the text “\(text)”: give it in the model's language"
        case .template(let template):
            "the template “\(template)” has no {} where the text goes, as in “a photo of a {}.”"
        case .tokenizerMissing(let folder, let found):
            "\(folder): expected tokenizer.json, or vocab.json and merges.txt, found \(found); without them the model can read no text"
        case .tokenizer(let file, let expected, let found):
            "\(file): expected \(expected), found \(found)"
        case .vocabulary(let model, let tokenizer, let embeddings):
            "\(model): the tokenizer's vocabulary has \(tokenizer) entries, the model's table of words \(embeddings) (do the tokenizer's files and "
                + "the weights belong together?)"
        case .file(let error):
            error.description
        }
    }
}
