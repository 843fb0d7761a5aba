import OWLViT
import SpanielFiles
import SpanielImaging
package import SpanielJSON
import SpanielPlatform

extension PictureRecord {
    /// Whether a file is the one that was seen before, as far as a look at the folder tells.
    fileprivate func isSame(as file: PhotoFolder.File) -> Bool {
        bytes == file.bytes && modified == file.modified
    }
}

/// What reading and encoding a picture gave.
struct EncodedPicture: Sendable {
    var content: String?
    var size: Size?
    var look: UInt64?
    var patches: CompactPatches?
    var problem: PictureRecord.Problem?
}

extension Studio {
    /// Compares the folder with the project.
    ///
    /// - Returns: how many pictures came, went and changed.
    /// - Throws: `StudioError.folder`, `StudioError.notSaved`.
    func lookThroughFolder() throws(StudioError) -> (added: Int, removed: Int, changed: Int) {
        let found = try folder.files()
        var known = state.pictures
        var changed: [PictureRecord] = []
        var (added, removed, anew) = (0, 0, 0)
        // First what is as it was; then what has the size and the time of another, which was renamed; then what
        // was changed in its place.
        var rest: [PhotoFolder.File] = []
        let places = Dictionary(known.values.map { ($0.path, $0.id) }) { first, _ in first }
        for file in found {
            guard let id = places[file.path], var picture = known[id], picture.isSame(as: file) else {
                rest.append(file)
                continue
            }
            known[id] = nil
            guard picture.isMissing else { continue }
            picture.isMissing = false
            changed.append(picture)
            added += 1
        }
        for file in rest {
            if let id = renamed(file, among: known), var picture = known.removeValue(forKey: id) {
                picture.path = file.path
                picture.isMissing = false
                changed.append(picture)
                anew += 1
            } else if let id = places[file.path], var picture = known[id] {
                known[id] = nil
                (picture.bytes, picture.modified) = (file.bytes, file.modified)
                (picture.content, picture.size, picture.look, picture.problem) = (nil, nil, nil, nil)
                picture.isMissing = false
                changed.append(picture)
                anew += 1
            } else {
                changed.append(
                    PictureRecord(
                        id: project.newID(), path: file.path, bytes: file.bytes, modified: file.modified))
                added += 1
            }
        }
        let taken = Set(changed.map(\.path))
        for var picture in known.values where !picture.isMissing || taken.contains(picture.path) {
            if !picture.isMissing { removed += 1 }
            picture.isMissing = true
            // Its labels stay, under a name that no file has.
            if taken.contains(picture.path) { picture.path += " (replaced \(picture.id))" }
            changed.append(picture)
        }
        if !changed.isEmpty {
            try project.save(changed)
            knownGroups = nil
        }
        for picture in changed {
            ranker.remove(picture.id)
            if picture.isMissing { pending.remove(picture.id) } else { pending.insert(picture.id) }
        }
        if order.isEmpty {
            for picture in state.pictures.values where !picture.isMissing { pending.insert(picture.id) }
        }
        if order.isEmpty || !changed.isEmpty {
            order = state.orderedPictures.map(\.id)
            orderPlace = 0
            for picture in changed { events.send("picture", summary(picture.id)) }
            wakeUp()
        }
        return (added, removed, anew)
    }

    /// The picture that a file was before it was renamed, by its size and time, and where it was read before by its
    /// content: files that were written together may have both in common.
    private func renamed(_ file: PhotoFolder.File, among known: [Int64: PictureRecord]) -> Int64? {
        let alike = known.values.filter { $0.isSame(as: file) }
        if alike.isEmpty { return nil }
        if alike.count == 1, let only = alike.first, only.content == nil { return only.id }
        let content = (try? folder.bytes(file.path))?.withUnsafeBytes { bytes in
            var hash = SHA256()
            hash.update(bytes)
            return hash.hexadecimal()
        }
        return alike.first { $0.content != nil && $0.content == content }?.id
    }

    /// Looks through the folder every few seconds.
    func watchFolder() async {
        while !isStopped {
            try? await Task.sleep(for: .seconds(5))
            guard !isStopped, !Task.isCancelled else { return }
            do throws(StudioError) {
                _ = try lookThroughFolder()
                if case .folder? = trouble { settle(nil) }
            } catch { settle(error) }
        }
    }

    /// Reads and encodes pictures until the page ends: first what is shown, then in the order of names.
    func encodeAll() async {
        while !isStopped {
            guard !isPaused, let id = nextPending(), let picture = state.pictures[id] else {
                saveUnsaved()
                if pending.isEmpty { sendProgress(always: true) }
                await withCheckedContinuation { wake = $0 }
                continue
            }
            let (files, detector) = (files, models.detector)
            let encoded = try? await encoding.run { Self.encode(picture, files, detector) }
            guard let encoded, state.pictures[id]?.key == picture.key else { continue }
            take(encoded, of: id)
        }
    }

    /// Reads and encodes a picture now, if that is still to be done, and looks closer if that was learnt.
    func makeReady(_ id: Int64) async {
        if pending.contains(id), let picture = state.pictures[id] {
            let (files, detector) = (files, models.detector)
            let encoded = try? await encoding.run { Self.encode(picture, files, detector) }
            if let encoded, pending.contains(id), state.pictures[id]?.key == picture.key {
                take(encoded, of: id)
            }
        }
        await lookCloser([id])
    }

    private func nextPending() -> Int64? {
        while let first = priority.first {
            if pending.contains(first) { return first }
            priority.removeFirst()
        }
        while orderPlace < order.count {
            if pending.contains(order[orderPlace]) { return order[orderPlace] }
            orderPlace += 1
        }
        return nil
    }

    /// Lets the encoding go on.
    func wakeUp() {
        wake?.resume()
        wake = nil
    }

    /// Reads a picture, and encodes it unless that was done before.
    static func encode(_ record: PictureRecord, _ files: PictureFiles, _ detector: StudioModels.Detector?)
        -> EncodedPicture
    {
        var result = EncodedPicture(content: record.content, size: record.size, look: record.look)
        let known = detector.flatMap { files.cache.patches(record.key, model: $0.key) }
            .flatMap(CompactPatches.init(bytes:))
        if record.content != nil, record.size != nil, known != nil || detector == nil {
            result.patches = known
            return result
        }
        do throws(StudioError) {
            let bytes = try files.folder.bytes(record.path)
            var hash = SHA256()
            bytes.withUnsafeBytes { hash.update($0) }
            result.content = hash.hexadecimal()
            let picture = try files.decode(bytes, record.path)
            result.size = picture.size
            result.look = Look.hash(of: picture)
            if files.cache.thumbnail(record.key) == nil { try files.thumbnail(of: picture, record) }
            guard let detector else { return result }
            do {
                let encoding = try detector.encode(picture)
                let patches = CompactPatches(encoding)
                files.cache.put(patches: patches.bytes, record.key, model: detector.key)
                files.cache.put(
                    patches: CompactFeatures(encoding).bytes, record.key, model: detector.key + featuresKey)
                result.patches = patches
            } catch {
                result.problem = PictureRecord.Problem(
                    code: "image.encode", message: "\(record.path): \(error)")
            }
        } catch {
            result.problem = PictureRecord.Problem(code: error.code, message: error.description)
        }
        return result
    }

    /// What the cache calls the features beside the patches.
    static var featuresKey: String { " features" }

    private func take(_ encoded: EncodedPicture, of id: Int64) {
        pending.remove(id)
        guard var picture = state.pictures[id] else { return }
        let before = picture
        (picture.content, picture.size, picture.look) = (encoded.content, encoded.size, encoded.look)
        picture.problem = encoded.problem
        if picture != before {
            project.state.pictures[id] = picture
            unsaved.insert(id)
            knownGroups = nil
            if unsaved.count >= 50 { saveUnsaved() }
        }
        if let patches = encoded.patches {
            ranker.add(patches, id)
            applyHeads(to: id)
        }
        pace.note()
        events.send("picture", summary(id))
        sendProgress()
        if ContinuousClock.now - lastScores > .seconds(1) {
            lastScores = .now
            events.send(
                "scores", ["classes": JSON(ranker.queries.keys.sorted().map { JSON(StudioID.classID($0)) })])
        }
    }

    /// Saves what became known of pictures, as they are by now: a file may have been renamed since. What does not
    /// fit on the disk is found out again next time.
    func saveUnsaved() {
        guard !unsaved.isEmpty else { return }
        do throws(StudioError) {
            try project.save(unsaved.compactMap { state.pictures[$0] })
            unsaved = []
        } catch { settle(error) }
    }

    func sendProgress(always: Bool = false) {
        guard always || ContinuousClock.now - lastProgress > .milliseconds(250) else { return }
        lastProgress = .now
        events.send("progress", progress)
    }

    var progress: JSON {
        let present = state.pictures.values.filter { !$0.isMissing }
        let failed = present.count { $0.problem != nil }
        let done = present.count - pending.count
        let speed = pending.isEmpty || isPaused ? nil : pace.perSecond
        return [
            "encoded": JSON(max(0, done - failed)), "total": JSON(present.count), "failed": JSON(failed),
            "paused": JSON(isPaused), "perSecond": speed.map { JSON($0.rounded(to: 2)) } ?? nil,
            "secondsLeft": speed.map { JSON((Double(pending.count) / $0).rounded(to: 1)) } ?? nil,
        ]
    }

    /// What the page shows is encoded first.
    package func setPriority(_ ids: [String]) {
        shown = ids.compactMap { StudioID.number($0, "p") }
        priority = shown.filter { pending.contains($0) }
        wakeUp()
    }

    package func setPaused(_ paused: Bool) -> JSON {
        isPaused = paused
        pace.forget()
        wakeUp()
        sendProgress(always: true)
        return progress
    }

    package func lookAgain() throws(StudioError) -> JSON {
        let (added, removed, changed) = try lookThroughFolder()
        return ["added": JSON(added), "removed": JSON(removed), "changed": JSON(changed)]
    }
}

extension Double {
    func rounded(to digits: Int) -> Double {
        var factor = 1.0
        for _ in 0..<digits { factor *= 10 }
        return (self * factor).rounded() / factor
    }
}
