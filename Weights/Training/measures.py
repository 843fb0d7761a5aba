"""What the evaluations count by: IoU of masks and boxes, means with their standard error, AUROC, AP50."""

import numpy as np

from scenes import SIDE


def iou(a, b):
    union = (a | b).sum()
    return float((a & b).sum() / union) if union else 0.0


def mean(values):
    values = np.asarray(values, float)
    return f"{values.mean():.3f} ± {values.std() / max(1, len(values)) ** 0.5:.3f} (n={len(values)})"


def auroc(positive, negative):
    """The chance that a positive's score lies above a negative's; ties count half."""
    both = np.concatenate([positive, negative])
    ranks = np.empty(len(both))
    ranks[both.argsort(kind="stable")] = np.arange(1, len(both) + 1)
    for value in np.unique(both):
        ranks[both == value] = ranks[both == value].mean()
    return (ranks[: len(positive)].sum() - len(positive) * (len(positive) + 1) / 2) / (len(positive) * len(negative))


def box_iou(boxes, box):
    least, most = np.maximum(boxes[:, :2], box[:2]), np.minimum(boxes[:, 2:], box[2:])
    shared = np.clip(most - least, 0, None).prod(1)
    return shared / ((boxes[:, 2:] - boxes[:, :2]).prod(1) + np.prod(np.subtract(box[2:], box[:2])) - shared)


class AveragePrecision:
    """AP50 over everything added: detections ranked together, each matched to its own question's boxes."""

    def __init__(self):
        self.found, self.wanted = [], 0

    def add(self, boxes, scores, real, unsure=()):
        """boxes [n, 4] corners, scores [n]; real and unsure: lists of boxes."""
        boxes = np.clip(boxes, 0, SIDE)
        seen = (scores > 0.01) & ((boxes[:, 2:] - boxes[:, :2]).prod(1) > 0)
        order, kept = np.argsort(-scores, kind="stable"), []
        for i in order[seen[order]]:
            if len(kept) < 20 and (not kept or box_iou(boxes[kept], boxes[i]).max() <= 0.5):
                kept.append(i)
        left = list(real)
        self.wanted += len(left)
        for i in kept:
            overlaps = box_iou(np.array(left, float), boxes[i]) if left else np.zeros(1)
            if overlaps.max() >= 0.5:
                left.pop(int(overlaps.argmax()))
                self.found.append((scores[i], True))
            elif not len(unsure) or box_iou(np.array(unsure, float), boxes[i]).max() < 0.5:
                self.found.append((scores[i], False))

    def value(self):
        ranked = np.array([hit for _, hit in sorted(self.found, key=lambda each: -each[0])], float)
        if not len(ranked):
            return 0.0
        true = ranked.cumsum()
        precision = np.maximum.accumulate((true / np.arange(1, len(ranked) + 1))[::-1])[::-1]
        recall = true / max(1, self.wanted)
        at = np.searchsorted(recall, np.linspace(0, 1, 101))
        return float(np.concatenate([precision, [0.0]])[np.minimum(at, len(precision))].mean())
