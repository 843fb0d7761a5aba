#!/bin/sh
# ensemble-boxes' soft_nms lowers the scores of overlapping boxes while it works, and then hands back the scores as they were.
#
# Guess: Soft-NMS keeps doubles with lower scores: beside a box of 0.90 its double of 0.85 (IoU 0.9) comes back with about 0.17.
# What happens: the lowered score decides alone whether a box falls below `thresh` (0.001, so that hardly one does); what is returned is the
# score it came with. Doubles count as false findings with scores as high as before: AP is 0.83, as without any suppression, where
# the lowered scores give 1. Linear and Gaussian alike.
# Versions: ensemble-boxes 1.0.9, pycocotools 2.0.11, numpy 2.2.6, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet ensemble-boxes==1.0.9 pycocotools==2.0.11 numpy==2.2.6

cat > expected << 'END'
no suppression:        scores 0.90 0.85 0.60 0.55 AP at an IoU of 0.5: 0.83
nms:                   scores 0.90 0.60           AP at an IoU of 0.5: 1.00
soft_nms, linear:      scores 0.90 0.85 0.60 0.55 AP at an IoU of 0.5: 0.83
soft_nms, Gaussian:    scores 0.90 0.85 0.60 0.55 AP at an IoU of 0.5: 0.83
Gaussian, written out: scores 0.90 0.60 0.17 0.11 AP at an IoU of 0.5: 1.00
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import contextlib, io
import numpy as np
from ensemble_boxes import nms, soft_nms
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

boxes = [[0.1, 0.1, 0.2, 0.2], [0.105, 0.1, 0.205, 0.2], [0.5, 0.5, 0.6, 0.6], [0.505, 0.5, 0.605, 0.6]]  # two objects, each found twice
scores = [0.9, 0.85, 0.6, 0.55]

def coco(box):
    return [1000 * box[0], 1000 * box[1], 1000 * (box[2] - box[0]), 1000 * (box[3] - box[1])]

def average_precision(kept, given):
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        marked = [{"id": i, "image_id": 1, "category_id": 1, "iscrowd": 0, "bbox": coco(boxes[i - 1]), "area": 1e4} for i in (1, 3)]
        truth.dataset = {"info": {}, "images": [{"id": 1}], "categories": [{"id": 1, "name": "nut"}], "annotations": marked}
        truth.createIndex()
        found = [{"image_id": 1, "category_id": 1, "bbox": coco(box), "score": float(score)} for box, score in zip(kept, given)]
        figures = COCOeval(truth, truth.loadRes(found), "bbox")
        figures.evaluate(), figures.accumulate(), figures.summarize()
    return figures.stats[1]

one = [boxes], [scores], [[0] * 4]
lower = np.exp(-(0.095 / 0.105) ** 2 / 0.5)  # Soft-NMS, Gaussian, written out for boxes that overlap in pairs
answers = {
    "no suppression": (boxes, scores), "nms": nms(*one),
    "soft_nms, linear": soft_nms(*one, method=1),
    "soft_nms, Gaussian": soft_nms(*one, method=2),
    "Gaussian, written out": (boxes, [0.9, 0.85 * lower, 0.6, 0.55 * lower]),
}
for name, (kept, given, *_) in answers.items():
    texts = " ".join(f"{each:.2f}" for each in sorted(given, reverse=True))
    print(f"{name + ':':22} scores {texts:19} AP at an IoU of 0.5: {average_precision(kept, given):.2f}")
END
cat seen
diff expected seen
