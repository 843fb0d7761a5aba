import Spaniel
import SpanielAnnotations
import SpanielEvaluation

extension HeldOut {
    /// The figures of an OWL-ViT.
    ///
    /// - text_ap50: all pictures and texts ranked together, a text at a time, up to three of a picture's
    ///   fitting nothing. A box on something of which it is hard to say whether the text fits counts neither
    ///   way, as COCO's crowds do.
    /// - example_ap50: an object no training ever saw, by one box in another picture, with the tool's own
    ///   choice and score.
    func figures(_ owl: OWLViT) throws -> Figures {
        let options = OWLViT.DetectOptions(
            threshold: 0.01, maximumObjects: 20, suppression: .classWise(iou: 0.5))
        var byText = Questions()
        for one in words {
            let picture = try picture(one.image)
            let encoding = try owl.encode(picture)
            for (text, fits, unsure) in one.texts {
                let found = try owl.detect(
                    owl.concept("object", texts: [text]), in: encoding, options: options)
                byText.add(picture.size, found, wanted: try fits.map(box), unsure: try unsure.map(box))
            }
        }
        var byExample = Questions()
        for one in find {
            let concept = try owl.learn([Example(picture(one.reference), box: box(one.example))])
            let picture = try picture(one.present)
            let found = try owl.detect(concept, in: owl.encode(picture), options: options)
            byExample.add(picture.size, found, wanted: try one.instances.map(box))
        }
        return [
            ("text_ap50", try byText.ap50(), byText.wanted),
            ("example_ap50", try byExample.ap50(), byExample.wanted),
        ]
    }

    /// The figures of a CLIPSeg.
    ///
    /// - text_iou: of the pixels with a probability from 0.5 and all instances that a text fits, mean over
    ///   pictures and texts. Pixels of something of which it is hard to say are left out.
    /// - quiet_when_absent: of the texts that fit nothing, how many are given less than two pixels in a
    ///   thousand.
    func figures(_ clipseg: CLIPSeg) throws -> Figures {
        var overlaps: [Double] = []
        var quiet: [Double] = []
        for one in words {
            let picture = try picture(one.image)
            let encoding = try clipseg.encode(picture)
            for ((_, fits, unsure), prompt) in zip(
                one.texts, try clipseg.embed(one.texts.map(\.text)) as [CLIPSeg.Conditional])
            {
                let found = try clipseg.scores(for: prompt, in: encoding).mask(threshold: 0.5).subtracting(
                    masks(unsure, picture.size))
                if !fits.isEmpty {
                    overlaps.append(found.iou(try masks(fits, picture.size)))
                } else if unsure.isEmpty {
                    quiet.append(Double(found.area) < 0.002 * Double(picture.width * picture.height) ? 1 : 0)
                }
            }
        }
        return [("text_iou", overlaps.mean, overlaps.count), ("quiet_when_absent", quiet.mean, quiet.count)]
    }
}

/// Questions that are ranked together, each a picture of its own to COCO's evaluation.
private struct Questions {
    private var truth = LabelledSet(classes: ["object"])
    private var found = LabelledSet(classes: ["object"])

    /// How many objects there are to find.
    var wanted: Int { truth.pictures.flatMap(\.objects).count { !$0.isCrowd } }

    mutating func add(_ size: Size, _ detections: OWLViT.Detections, wanted: [Box], unsure: [Box] = []) {
        let name = "\(truth.pictures.count)"
        func entry(_ objects: [LabelledObject]) -> LabelledPicture {
            LabelledPicture(file: name, size: size, objects: objects)
        }
        var crowds = unsure.map { LabelledObject(classIndex: 0, box: $0) }
        for i in crowds.indices { crowds[i].isCrowd = true }
        truth.pictures.append(entry(wanted.map { LabelledObject(classIndex: 0, box: $0) } + crowds))
        found.pictures.append(
            entry(detections.map { LabelledObject(classIndex: 0, box: $0.box, score: Double($0.score)) }))
    }

    func ap50() throws -> Double {
        try AveragePrecision(truth: truth, predictions: found, kind: .boxes).figures.ap50 ?? 0
    }
}
