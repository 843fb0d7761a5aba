import PerSAM
import SpanielJSON
import SpanielTool
import Testing

@Suite("What the tool writes")
struct OutputTests {
    @Test("a second picture of the same name gets a number that no other picture has")
    func names() {
        var names = OutputNames()
        let pictures = [
            "a/1.jpg", "b/1.png", "1-2.jpg", "c/1.jpg", "README", "dir.d/.hidden", "x.tar.png", "A.png",
            "a.png",
        ]
        #expect(
            pictures.map { names.name(for: $0) } == [
                "1", "1-2", "1-2-2", "1-3", "README", ".hidden", "x.tar", "A", "a-2",
            ])
    }

    @Test("file names stay inside the folder and inside the system's limit")
    func safeNames() {
        var names = OutputNames()
        #expect(names.name(for: "..") == ".")
        #expect(OutputNames.mask("cup", number: 2, className: "../a b.c") == "cup.2.___a b_c.mask.png")
        #expect(OutputNames.mask("cup", number: 1, className: "") == "cup.1._.mask.png")
        #expect(OutputNames.overlay("cup") == "cup.overlay.png")
        let long = names.name(for: String(repeating: "é", count: 200) + ".jpg")
        let again = names.name(for: String(repeating: "é", count: 201) + ".jpg")
        #expect(long != again)
        #expect(
            OutputNames.mask(again, number: 1000, className: String(repeating: "語", count: 99)).utf8.count
                <= 255 - 20)
    }

    @Test("the time left is what the pictures done took, for the pictures to come")
    func bar() {
        #expect(Progress.bar(done: 0, total: 4, elapsed: .seconds(1)) == "[....................]  0/4")
        #expect(
            Progress.bar(done: 1, total: 4, elapsed: .seconds(30)) == "[#####...............]  1/4  1:30 left"
        )
        #expect(
            Progress.bar(done: 1, total: 400, elapsed: .seconds(30))
                == "[....................]  1/400  3:19:30 left")
        #expect(
            Progress.bar(done: 4, total: 4, elapsed: .seconds(9)) == "[####################]  4/4  0:00 left")
    }

    @Test("the reason to stop is said in words, with numbers that differ when they are different")
    func stop() {
        let stop = PerSAM.Stop(reason: .belowThreshold, peak: 0.58, threshold: 0.62)
        #expect(Summary.words(stop, found: 2) == "nothing more like it: best peak 0.58 under threshold 0.62")
        #expect(Summary.words(stop, found: 0) == "nothing like it: best peak 0.58 under threshold 0.62")
        let close = PerSAM.Stop(reason: .belowThreshold, peak: 0.618, threshold: 0.622)
        #expect(Summary.words(close, found: 1).hasSuffix("best peak 0.6180 under threshold 0.6220"))
    }

    @Test("every reason to stop has words of its own")
    func reasons() {
        let words = PerSAM.Stop.Reason.allCases.map { reason in
            Summary.words(PerSAM.Stop(reason: reason, peak: 0.5, threshold: 0.6), found: 1)
        }
        #expect(Set(words).count == words.count)
        for (reason, words) in zip(PerSAM.Stop.Reason.allCases, words) {
            #expect(!words.hasSuffix(": \(reason.rawValue)"))
        }
    }

    private func record(_ result: PictureResult, others: [(key: String, model: RunDescription.Model)] = [])
        -> JSON
    {
        let run = RunDescription(
            task: .detect, model: .init(name: "m", sha256: "0"), others: others, instructionSet: "avx2")
        return Record.success(
            image: "a.png", size: Size(width: 10, height: 4), run: run, result: result, milliseconds: [])
    }

    @Test("an object without a mask has its box's area and no mask; an absent class says how near it came")
    func boxes() {
        let box = PictureResult.Object(
            className: "mug", score: 0.5, scores: [("logit", 0)], box: Box(x1: 1, y1: 1, x2: 3.5, y2: 3),
            mask: nil)
        var result = PictureResult(objects: [box])
        result.absent = [.init(className: "cup", best: 0.04, threshold: 0.1)]
        let record = record(result, others: [("sam_model", .init(name: "s", sha256: "1"))])
        #expect(
            record.object?.map(\.key) == [
                "schema", "image", "width", "height", "task", "model", "sam_model", "precision", "isa",
                "objects", "absent", "milliseconds",
            ])
        #expect(record["objects"]?[0]?.object?.map(\.key) == ["class", "score", "scores", "box", "area"])
        #expect(record["objects"]?[0]?["area"]?.double == 5)
        #expect(record["absent"]?.text() == #"[{"class":"cup","best":0.04,"threshold":0.1}]"#)
        let block = Summary.block(
            image: "a.png", size: Size(width: 10, height: 4), result: result, milliseconds: 3)
        #expect(
            block == """
                a.png  10 × 4, 1 object, 3 ms
                  1  mug  0.50  box 1,1 – 3.5,3
                  no cup: best 0.04 (below 0.10)

                """)
    }

    @Test(
        "when nothing of the only class is there, the words say so, with numbers that differ when they are different"
    )
    func absent() {
        #expect(
            Summary.words(.init(className: "cup", best: 0.04, threshold: 0.1), alone: true)
                == "nothing here: best 0.04 (below 0.10)")
        #expect(
            Summary.words(.init(className: "a\ncup", best: 0.0996, threshold: 0.1), alone: false)
                == "no a\u{FFFD}cup: best 0.0996 (below 0.1000)")
    }

    @Test("classes stand in the place of objects, in records and for people")
    func classes() {
        var result = PictureResult(objects: [])
        result.classes = [.init(className: "cat", score: 0.75), .init(className: "a dog", score: 0.25)]
        #expect(record(result)["objects"] == nil)
        #expect(
            record(result)["classes"]?.text()
                == #"[{"class":"cat","score":0.75},{"class":"a dog","score":0.25}]"#)
        let block = Summary.block(
            image: "a.png", size: Size(width: 10, height: 4), result: result, milliseconds: 3)
        #expect(block == "a.png  10 × 4, 2 classes, 3 ms\n  cat    0.75\n  a dog  0.25\n")
    }

    @Test("what another model refused is told, apart from what was found")
    func rejected() {
        let object = PictureResult.Object(
            className: "mug", score: 0.9, scores: [("similarity", 0.8), ("text", 0.1)],
            box: Box(x1: 0, y1: 0, x2: 5, y2: 2), mask: nil)
        var result = PictureResult(objects: [])
        result.rejected = [object]
        #expect(record(result)["objects"]?.array?.isEmpty == true)
        #expect(record(result)["rejected"]?[0]?["scores"]?["text"]?.double == 0.1)
        let block = Summary.block(
            image: "a.png", size: Size(width: 10, height: 4), result: result, milliseconds: 3)
        #expect(
            block == "a.png  10 × 4, nothing, 3 ms\n  not mug: box 0,0 – 5,2, similarity 0.80, text 0.10\n")
    }

    @Test("a block holds a picture's objects, best first, and cannot drive the terminal")
    func block() {
        let mask = Mask(width: 10, height: 4, where: { x, y in x < 5 && y < 2 })
        let weak = PictureResult.Object(
            className: "cup", score: 0.5, scores: [], box: Box(x1: 0, y1: 0, x2: 5, y2: 2), mask: mask)
        let strong = PictureResult.Object(
            className: "mug\u{1B}[2J", score: 0.91, scores: [], box: Box(x1: 0, y1: 0.5, x2: 5, y2: 2),
            mask: mask)
        let result = PictureResult(objects: [weak, strong])
        let block = Summary.block(
            image: "a\nb.jpg", size: Size(width: 10, height: 4), result: result, milliseconds: 12.3)
        #expect(
            block == """
                a\u{FFFD}b.jpg  10 × 4, 2 objects, 12 ms
                  1  mug\u{FFFD}[2J  0.91  box 0,0.5 – 5,2  10 px
                  2  cup      0.50  box 0,0 – 5,2  10 px

                """)
    }
}
