import Foundation
import SpanielHub
import SpanielTestSupport
import Testing

@Suite("Where models are")
struct ModelStoreTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    /// A store that sees only the scratch folder: its program is `bin/spaniel`, its current folder `here`.
    private func store(_ variables: [String: String] = [:]) throws -> ModelStore {
        try scratch.write("here/.keep", "")
        return ModelStore(
            Environment(
                variables: ["HOME": scratch["home"].path].merging(variables) { $1 },
                executable: scratch["bin/spaniel"],
                currentFolder: scratch["here/"]))
    }

    /// Enough of a model to be found.
    private func model(_ folder: String, _ files: [String] = ["config.json", "model.safetensors"]) throws {
        for file in files { try scratch.write("\(folder)/\(file)", "x") }
    }

    private let commit = "0123456789abcdef0123456789abcdef01234567"

    private func snapshot(_ cache: String, _ model: String = "models--facebook--sam-vit-base") throws
        -> String
    {
        try scratch.write("\(cache)/\(model)/refs/main", commit)
        let folder = "\(cache)/\(model)/snapshots/\(commit)"
        try self.model(folder)
        return folder
    }

    private func expect(_ found: URL, _ folder: String, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(
            found.resolvingSymlinksInPath().standardizedFileURL.path
                == scratch[folder].resolvingSymlinksInPath().standardizedFileURL.path,
            sourceLocation: sourceLocation)
    }

    private func error(_ body: () throws -> Void) -> HubError? {
        do {
            try body()
            return nil
        } catch { return error as? HubError }
    }

    @Test("the package's own store finds the model that ships")
    func shipped() throws {
        let folder = try ModelStore.locate("sam-nano")
        #expect(FileManager.default.fileExists(atPath: folder.appending(path: "model.safetensors").path))
        #expect(ModelStore().models().map(\.name).contains("sam-nano"))
    }

    @Test(
        "models that ship are looked for in SPANIEL_WEIGHTS, beside the program, in share, and in the package, in this order"
    )
    func order() throws {
        try model("pack/Weights/tiny")
        try scratch.write("pack/Package.swift", "")
        let program = scratch["pack/.build/release/bin/spaniel"]
        func find() throws -> URL {
            try ModelStore(
                Environment(
                    variables: ["SPANIEL_WEIGHTS": scratch["named"].path], executable: program,
                    currentFolder: scratch.url)
            ).locate("tiny")
        }
        expect(try find(), "pack/Weights/tiny")
        try model("pack/.build/release/share/spaniel/Weights/tiny")
        expect(try find(), "pack/.build/release/share/spaniel/Weights/tiny")
        try model("pack/.build/release/bin/Weights/tiny")
        expect(try find(), "pack/.build/release/bin/Weights/tiny")
        try model("named/tiny")
        expect(try find(), "named/tiny")
    }

    @Test("a folder is taken by its path, whatever is in it")
    func folders() throws {
        try scratch.write("here/mine/x", "")
        try scratch.write("here/a/b/x", "")
        try scratch.write("home/models/x", "")
        let store = try store()
        expect(try store.locate("mine"), "here/mine")
        expect(try store.locate("./mine"), "here/mine")
        expect(try store.locate("a/b"), "here/a/b")
        expect(try store.locate(scratch["here/mine"].path), "here/mine")
        expect(try store.locate("../here/mine/"), "here/mine")
        expect(try store.locate("~/models"), "home/models")
        expect(try store.locate("."), "here")
    }

    @Test("a bare name means the model that ships before the folder of that name, and ./ the folder")
    func bareNames() throws {
        try model("here/tiny")
        let store = try store()
        expect(try store.locate("tiny"), "here/tiny")
        try model("bin/Weights/tiny")
        expect(try store.locate("tiny"), "bin/Weights/tiny")
        expect(try store.locate("./tiny"), "here/tiny")
    }

    @Test("a hub's model is found in a folder of models, before Python's cache")
    func fetched() throws {
        let cached = try snapshot("home/.cache/huggingface/hub")
        let store = try store()
        expect(try store.locate("facebook/sam-vit-base"), cached)
        try model("bin/Weights/facebook/sam-vit-base", ["config.json"])
        expect(try store.locate("facebook/sam-vit-base"), cached)
        try model("bin/Weights/facebook/sam-vit-base")
        expect(try store.locate("facebook/sam-vit-base"), "bin/Weights/facebook/sam-vit-base")
        #expect(store.models().map(\.name) == ["facebook/sam-vit-base"])
    }

    @Test("Python's cache is where its variables say, the first of them that is set")
    func pythonVariables() throws {
        var variables: [String: String] = ["XDG_CACHE_HOME": ""]
        let home = try snapshot("home/.cache/huggingface/hub")
        expect(try store(variables).locate("facebook/sam-vit-base"), home)
        for (name, value, folder) in [
            ("XDG_CACHE_HOME", scratch["xdg"].path, "xdg/huggingface/hub"),
            ("HF_HOME", "$HOME/hf", "home/hf/hub"),
            ("HUGGINGFACE_HUB_CACHE", "${HOME}/old", "home/old"), ("HF_HUB_CACHE", "~/new", "home/new"),
        ] {
            let snapshot = try snapshot(folder)
            variables[name] = value
            expect(try store(variables).locate("facebook/sam-vit-base"), snapshot)
        }
        variables["HF_HUB_CACHE"] = "$UNSET/~${HOME"
        #expect(throws: HubError.self) { try store(variables).locate("facebook/sam-vit-base") }
    }

    @Test("one snapshot without refs/main is the one meant, of two none is")
    func snapshotWithoutRef() throws {
        let model = "home/.cache/huggingface/hub/models--facebook--sam-vit-base"
        try self.model("\(model)/snapshots/\(commit)")
        expect(try store().locate("facebook/sam-vit-base"), "\(model)/snapshots/\(commit)")
        try self.model("\(model)/snapshots/\(String(commit.reversed()))")
        #expect(throws: HubError.self) { try store().locate("facebook/sam-vit-base") }
    }

    @Test("a model without an organisation is found in Python's cache too")
    func shortID() throws {
        let folder = try snapshot("home/.cache/huggingface/hub", "models--tiny")
        expect(try store().locate("tiny"), folder)
    }

    @Test(
        "a reference that is no commit is not followed",
        arguments: [
            "", "main", "../../../x", String(repeating: "g", count: 40), String(repeating: "a", count: 41),
        ])
    func hostileReferences(text: String) throws {
        _ = try snapshot("home/.cache/huggingface/hub")
        try scratch.write("home/.cache/huggingface/hub/models--facebook--sam-vit-base/refs/main", text)
        #expect(throws: HubError.self) { try store().locate("facebook/sam-vit-base") }
    }

    @Test("a model whose files are not all there is not taken, and the error says which is missing")
    func incomplete() throws {
        let store = try store()
        try model("bin/Weights/facebook/sam-vit-base", ["config.json", "preprocessor_config.json"])
        let found = error { _ = try store.locate("facebook/sam-vit-base") }
        #expect(found?.description.contains("lacks model.safetensors") == true)

        let index = #"{"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}}"#
        try scratch.write("bin/Weights/org/big/model.safetensors.index.json", index)
        try model("bin/Weights/org/big", ["config.json", "model-1.safetensors"])
        #expect(
            error { _ = try store.locate("org/big") }?.description.contains("lacks model-2.safetensors")
                == true)
        try model("bin/Weights/org/big", ["model-2.safetensors"])
        expect(try store.locate("org/big"), "bin/Weights/org/big")
    }

    @Test("what is not here is said, and where it was sought is told")
    func notFetched() throws {
        let store = try store()
        for name in ["facebook/sam-vit-base", "sam-base"] {
            let found = error { _ = try store.locate(name) }
            #expect(found?.code == "model.not-fetched")
            #expect(found?.description == "\(name) is not on this machine")
            guard case .notFetched(_, let looked, nil) = found else { throw CancellationError() }
            #expect(looked.contains { $0.hasSuffix("huggingface/hub") })
        }
    }

    @Test("a known name means the hub's model wherever that lies, and a folder of that name after it")
    func knownNames() throws {
        let store = try store()
        try scratch.write("here/sam-base/x", "")
        expect(try store.locate("sam-base"), "here/sam-base")
        let cached = try snapshot("home/.cache/huggingface/hub")
        expect(try store.locate("sam-base"), cached)
        try model("bin/Weights/facebook/sam-vit-base")
        expect(try store.locate("sam-base"), "bin/Weights/facebook/sam-vit-base")
    }

    @Test("a known model that is one file is found as that file")
    func singleFile() throws {
        let store = try store()
        let folder = "home/.cache/huggingface/hub/models--dhkim2810--MobileSAM/snapshots/\(commit)"
        try scratch.write("\(folder)/README.md", "")
        #expect(error { _ = try store.locate("mobile-sam") }?.description.contains("mobile_sam.pt") == true)
        try scratch.write("\(folder)/mobile_sam.pt", "")
        expect(try store.locate("mobile-sam"), "\(folder)/mobile_sam.pt")
    }

    @Test("where main has no safetensors the conversion beside it is taken")
    func conversion() throws {
        let model = "home/.cache/huggingface/hub/models--facebook--sam-vit-base"
        let other = String(commit.reversed())
        try scratch.write("\(model)/refs/main", commit)
        try self.model("\(model)/snapshots/\(commit)", ["config.json", "pytorch_model.bin"])
        try scratch.write("\(model)/refs/refs/pr/7", other)
        try self.model("\(model)/snapshots/\(other)")
        expect(try store().locate("facebook/sam-vit-base"), "\(model)/snapshots/\(other)")
    }

    @Test(
        "what can be no hub id is a folder that is missing",
        arguments: [
            "", "none", "./none", "/none", "a/b/c", "../x", "a//b", "org/", "/name", "org/a--b", "org/a..b",
            "-org/a", "org/.a", "org/a.",
            "org/a.git", "o g/a", "org/ä",
            "org/" + String(repeating: "a", count: 93), "org/a\u{0}b", "~nobody/x", "$HOME/x",
        ])
    func missing(name: String) throws {
        let found = error { _ = try store().locate(name) }
        #expect(found?.code == "model.missing", "\(String(describing: found))")
    }
}
