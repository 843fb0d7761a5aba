package import SpanielAnnotations
import SpanielDrawing
package import SpanielEvaluation
package import SpanielJSON

/// Every figure of one evaluation, for people and for programs.
package struct EvaluationReport {
    private let boxes: AveragePrecision
    /// nil: the labels or the predictions are boxes alone.
    private let masks: AveragePrecision?
    private let meanIoU: MeanIoU?
    private let presence: Presence
    private let precisionRecall: PrecisionRecall
    private let threshold: Double
    private let overlap: Double
    private let pictures: Int
    private let found: Int

    /// Found objects whose picture or class the labels lack.
    package var unmatched: Int { boxes.unmatched }

    package init(truth: LabelledSet, predictions: LabelledSet, threshold: Double, overlap: Double)
        throws(EvaluationError)
    {
        let pairing = try Pairing(truth: truth, predictions: predictions)
        let haveMasks = [truth, predictions].allSatisfy { set in
            set.pictures.contains { $0.objects.contains { $0.shape != nil } }
        }
        boxes = AveragePrecision(pairing, kind: .boxes)
        masks = haveMasks ? AveragePrecision(pairing, kind: .masks) : nil
        meanIoU = haveMasks ? MeanIoU(pairing, threshold: threshold) : nil
        presence = Presence(pairing)
        precisionRecall = PrecisionRecall(
            pairing, kind: haveMasks ? .masks : .boxes, threshold: threshold, overlap: overlap)
        self.threshold = threshold
        self.overlap = overlap
        pictures = truth.pictures.count
        found = predictions.objectCount
    }

    // MARK: For people

    package var text: String {
        var text =
            "\(boxes.classes.reduce(0) { $0 + $1.truths }) objects in \(pictures) pictures, \(found) found\n"
        text += table(boxes, "boxes")
        if let masks { text += table(masks, "masks") }
        let heads = ["precision", "recall", "F1"] + (meanIoU == nil ? [] : ["IoU"]) + ["AUROC"]
        var rows: [(String, [Double?])] = []
        for (index, label) in precisionRecall.classes.enumerated() {
            let iou = meanIoU.map { [$0.classes[index].iou] } ?? []
            rows.append((label.name, Self.row(label.figures) + iou + [presence.classes[index].auroc]))
        }
        let all = Self.row(precisionRecall.figures) + (meanIoU.map { [$0.iou] } ?? []) + [presence.auroc]
        text += Self.table(
            "scores from \(decimals(threshold, 2)), overlaps from \(decimals(overlap, 2))", heads,
            [("all", all)] + rows)
        return text
    }

    private static func row(_ figures: PrecisionRecall.Figures) -> [Double?] {
        [figures.precision, figures.recall, figures.f1]
    }

    private func table(_ result: AveragePrecision, _ title: String) -> String {
        let rows = [("all", result.figures.all)] + result.classes.map { ($0.name, $0.figures.all) }
        return Self.table(
            title, ["AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"],
            rows)
    }

    /// Columns under their heads; a figure that does not exist is a dash.
    private static func table(_ title: String, _ heads: [String], _ rows: [(String, [Double?])]) -> String {
        let names = [title] + rows.map { "  " + $0.0.onOneLine }
        let width = names.map(\.count).max() ?? 0
        let cells = [heads] + rows.map { $0.1.map { $0.map { decimals($0, 3) } ?? "–" } }
        var text = "\n"
        for (name, row) in zip(names, cells) {
            text += name + String(repeating: " ", count: width - name.count)
            for (cell, head) in zip(row, heads) {
                text += "  " + String(repeating: " ", count: max(5, head.count) - cell.count) + cell
            }
            text += "\n"
        }
        return text
    }

    // MARK: For programs

    package var json: JSON {
        var json: JSON = [
            "schema": 1, "pictures": JSON(pictures), "found": JSON(found), "strangers": JSON(unmatched),
        ]
        json["boxes"] = Self.json(boxes)
        if let masks { json["masks"] = Self.json(masks) }
        if let meanIoU {
            json["iou"] = [
                "threshold": JSON(threshold), "mean": Self.json(meanIoU.iou),
                "accuracy": Self.json(meanIoU.accuracy),
                "classes": JSON(
                    meanIoU.classes.map {
                        [
                            "class": JSON($0.name), "iou": Self.json($0.iou),
                            "accuracy": Self.json($0.accuracy),
                            "pictures": JSON($0.pictures),
                        ]
                    }),
            ]
        }
        json["presence"] = [
            "auroc": Self.json(presence.auroc),
            "classes": JSON(
                presence.classes.map {
                    [
                        "class": JSON($0.name), "auroc": Self.json($0.auroc), "shown": JSON($0.shown),
                        "notShown": JSON($0.notShown),
                    ]
                }),
        ]
        var counts = Self.json(precisionRecall.figures)
        counts["threshold"] = JSON(threshold)
        counts["overlap"] = JSON(overlap)
        counts["classes"] = JSON(
            precisionRecall.classes.map { label in
                var fields: JSON = ["class": JSON(label.name)]
                for (key, value) in Self.json(label.figures).object! { fields[key] = value }
                return fields
            })
        json["precisionRecall"] = counts
        return json
    }

    private static func json(_ value: Double?) -> JSON { value.map { JSON($0) } ?? .null }

    private static func json(_ figures: PrecisionRecall.Figures) -> JSON {
        [
            "precision": json(figures.precision), "recall": json(figures.recall), "f1": json(figures.f1),
            "right": JSON(figures.right),
            "found": JSON(figures.found), "wanted": JSON(figures.wanted),
        ]
    }

    private static let keys = [
        "ap", "ap50", "ap75", "apSmall", "apMedium", "apLarge", "ar1", "ar10", "ar100", "arSmall", "arMedium",
        "arLarge",
    ]

    private static func json(_ figures: AveragePrecision.Figures) -> JSON {
        var fields: JSON = [:]
        for (key, value) in zip(keys, figures.all) { fields[key] = json(value) }
        return fields
    }

    private static func json(_ result: AveragePrecision) -> JSON {
        var fields = json(result.figures)
        fields["classes"] = JSON(
            result.classes.map { label in
                var row: JSON = ["class": JSON(label.name), "objects": JSON(label.truths)]
                for (key, value) in json(label.figures).object! { row[key] = value }
                return row
            })
        return fields
    }
}
