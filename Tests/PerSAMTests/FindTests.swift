import PerSAM
import SpanielTestSupport
import Testing

/// The search for every instance, on the pictures that ship.
@Suite struct FindTests {
    @Test(
        "every boot is found, and none where there is none",
        arguments: [("shelf", 2), ("lawn", 3), ("crowd", 5), ("path", 0)])
    func counts(_ name: String, _ count: Int) throws {
        let persam = PerSAM(try Materials.sam())
        let boot = try Materials.learntBoot()
        let found = try persam.find(boot, in: Materials.encoding(name))
        #expect(found.count == count)
        #expect(found.map(\.score) == found.map(\.score).sorted(by: >))
        for (i, object) in found.enumerated() {
            #expect(
                object.className == "boot" && object.mask.box == object.box && (0...1).contains(object.score))
            for other in found[..<i] { #expect(object.mask.intersectionArea(with: other.mask) == 0) }
        }
        // Among so many boots some places stay similar that hold no other; elsewhere nothing similar is left.
        #expect(found.stop.reason == (name == "crowd" ? .exhausted : .belowThreshold))
        #expect(try (#require(found.stop.peak) < found.stop.threshold) == (name != "crowd"))
        #expect(found.candidates.count { $0.verdict == .accepted } == count)
    }

    @Test(
        "one object, or so many, when asked for",
        arguments: [(PerSAM.FindOptions.Strategy.peak, 3), (.grid, 2), (.propose, 2)])
    func limits(_ strategy: PerSAM.FindOptions.Strategy, _ count: Int) throws {
        let persam = PerSAM(try Materials.sam())
        let boot = try Materials.learntBoot()
        // A strip with three of the crowd's boots; for what looks everywhere a narrow one, through the middle of
        // them: each place takes the naive kernels a quarter of a second.
        let strip = try Materials.scene("crowd").cropped(
            columns: 0..<640, rows: strategy == .peak ? 20..<230 : 95..<135)
        let scene = try persam.encode(strip)
        var options = PerSAM.FindOptions()
        options.strategy = strategy
        options.threshold = 0.3
        #expect(try persam.find(boot, in: scene, options: options).count == count)
        options.maximumObjects = count - 1
        #expect(try persam.find(boot, in: scene, options: options).count == count - 1)
        options.single = true
        #expect(try persam.find(boot, in: scene, options: options).count == 1)
    }

    @Test("the paper's one object is given even where it is not")
    func single() throws {
        let persam = PerSAM(try Materials.sam())
        var options = PerSAM.FindOptions()
        options.single = true
        options.threshold = 0.99
        #expect(
            try persam.find(
                Materials.learntBoot(), in: Materials.encoding("path"), options: options
            ).count == 1)
    }

    @Test("what resembles a negative example more is not found")
    func negatives() throws {
        let persam = PerSAM(try Materials.sam())
        let scene = try Materials.encoding("lawn")
        // Of two other pumpkins the scene's is more like the shelf's.
        let pumpkin = Example(try Materials.scene("crowd"), box: Box(x1: 495, y1: 272, x2: 625, y2: 394))
        let nearer = Example(try Materials.scene("shelf"), box: Box(x1: 110, y1: 291, x2: 247, y2: 429))
        let without = try persam.find(persam.learn([pumpkin]), in: scene)
        #expect(
            without.count == 1
                && without.first.map { $0.box.iou(Box(x1: 52, y1: 79, x2: 170, y2: 180)) > 0.9 } == true)
        #expect(try persam.find(persam.learn([pumpkin], negatives: [nearer]), in: scene).isEmpty)
        #expect(try persam.find(persam.learn([nearer], negatives: [pumpkin]), in: scene).count == 1)
        // What resembles it less stays.
        #expect(try persam.find(persam.learn([Materials.boot()], negatives: [nearer]), in: scene).count == 3)
    }

    @Test("two classes share a picture without sharing a pixel")
    func classes() throws {
        let persam = PerSAM(try Materials.sam())
        let teapot = Example(
            try Materials.scene("path"), box: Box(x1: 62, y1: 68, x2: 215, y2: 190), class: "teapot")
        let concepts = [try Materials.learntBoot(), try persam.learn([teapot])]
        let found = try persam.find(concepts, in: Materials.encoding("shelf"))
        #expect(Set(found.map(\.className)) == ["boot", "teapot"])
        for (i, object) in found.enumerated() {
            for other in found[..<i] { #expect(object.mask.intersectionArea(with: other.mask) == 0) }
        }
    }

    @Test("of two classes that claim one object the better score has it, and names the other")
    func rivals() throws {
        let persam = PerSAM(try Materials.sam())
        // The same kind of boot, learnt from another picture under another name.
        let other = Example(
            try Materials.scene("crowd"), box: Box(x1: 155, y1: 240, x2: 280, y2: 415), class: "shoe")
        let found = try persam.find(
            [Materials.learntBoot(), persam.learn([other])],
            in: Materials.encoding("shelf"))
        let contested = found.filter { $0.rival != nil }
        #expect(contested.count >= 2)
        for object in contested {
            let rival = try #require(object.rival)
            #expect(rival.className != object.className && rival.score <= object.score)
        }
        #expect(found.candidates.contains { $0.verdict == .otherClass })
    }

    @Test("a cancelled search stops")
    func cancellation() async throws {
        let persam = PerSAM(try Materials.sam())
        let boot = try Materials.learntBoot()
        let scene = try Materials.encoding("crowd")
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try persam.find([boot], in: scene).count
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
