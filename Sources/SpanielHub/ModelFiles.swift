/// Which files of a model on the hub are needed here. What the hub lists are names and nothing more: only
/// known ones are asked for, so none can lead elsewhere.
package struct ModelFiles: Sendable, Equatable {
    package static let configuration = "config.json"
    package static let weights = "model.safetensors"
    package static let index = "model.safetensors.index.json"
    private static let others = [
        "preprocessor_config.json", "processor_config.json", "tokenizer.json", "tokenizer_config.json",
        "special_tokens_map.json", "vocab.json", "merges.txt",
    ]

    /// What is fetched, the small ones first.
    package let names: [String]
    /// Whether the index among them names the weights' own files.
    package let isSharded: Bool

    /// - Parameters:
    ///   - listed: the names the hub lists.
    ///   - single: the one file that is the model, where it is no folder.
    /// - Throws: `HubError.noFile`, `HubError.noWeights`.
    package init(among listed: Set<String>, single: String?, id: String, revision: String, endpoint: String)
        throws(HubError)
    {
        if let single {
            guard listed.contains(single) else { throw .noFile(id: id, file: single) }
            (names, isSharded) = ([single], false)
            return
        }
        isSharded = !listed.contains(Self.weights)
        guard !isSharded || listed.contains(Self.index) else {
            throw .noWeights(id: id, revision: revision, endpoint: endpoint)
        }
        guard listed.contains(Self.configuration) else { throw .noFile(id: id, file: Self.configuration) }
        names =
            [Self.configuration] + Self.others.filter(listed.contains)
            + [isSharded ? Self.index : Self.weights]
    }
}

/// A branch, a tag or a commit, `refs/pr/N` included: safe as part of a path.
package struct Revision: Sendable, Equatable {
    package let text: String

    package init(_ text: String) throws(HubError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let isGood = parts.allSatisfy { part in
            !part.isEmpty && part.first != "." && part.first != "-" && part.last != "."
                && !part.contains("..") && !part.hasSuffix(".lock")
                && part.utf8.allSatisfy { byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                        || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                        || "._-+".utf8.contains(byte)
                }
        }
        guard isGood, text.utf8.count <= 200 else { throw .revision(text: text) }
        self.text = text
    }
}
