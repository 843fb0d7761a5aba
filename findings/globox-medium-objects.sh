#!/bin/sh
# globox scores medium-sized objects lower than COCO does where a small one stands beside them.
#
# Guess: globox's COCOEvaluator, made to give COCO's figures, gives them. Over all sizes it does.
# What happens: for AP of medium objects COCO ignores a detection whose only match is an object of another size. globox starts at the best
# IoU so far of 0 and takes an object it does not overlap at all (IoU 0 is not under 0) as the best one; as that is medium, it never looks at
# the small one, and the detection counts as false. Two objects found as well as can be: 0.9 by pycocotools, 0.5 by globox.
# Versions: globox 2.9.0, pycocotools 2.0.11, numpy 2.2.6, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet globox==2.9.0 pycocotools==2.0.11 numpy==2.2.6

cat > expected << 'END'
all sizes  pycocotools 0.850  globox 0.850
medium     pycocotools 0.900  globox 0.500
END
venv/bin/python - > seen << 'END'
import contextlib, io, json
from globox import AnnotationSet, COCOEvaluator
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

# A small object of 31 x 31 whose detection of 33 x 33 is medium, and a medium one found exactly.
truth = {
    "images": [{"id": 1, "file_name": "a.png", "width": 200, "height": 200}],
    "categories": [{"id": 1, "name": "nut"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 31, 31], "area": 961, "iscrowd": 0},
        {"id": 2, "image_id": 1, "category_id": 1, "bbox": [100, 100, 50, 50], "area": 2500, "iscrowd": 0},
    ],
}
found = [
    {"image_id": 1, "category_id": 1, "bbox": [9, 9, 33, 33], "score": 0.9},
    {"image_id": 1, "category_id": 1, "bbox": [100, 100, 50, 50], "score": 0.8},
]
for name, value in (("truth.json", truth), ("found.json", found)):
    with open(name, "w") as file:
        json.dump(value, file)
with contextlib.redirect_stdout(io.StringIO()):
    coco = COCO("truth.json")
    theirs = COCOeval(coco, coco.loadRes("found.json"), "bbox")
    theirs.evaluate(), theirs.accumulate(), theirs.summarize()
annotations = AnnotationSet.from_coco(file_path="truth.json")
globox = COCOEvaluator(ground_truths=annotations, predictions=annotations.from_results("found.json"))
print(f"all sizes  pycocotools {theirs.stats[0]:.3f}  globox {globox.ap():.3f}")
print(f"medium     pycocotools {theirs.stats[4]:.3f}  globox {globox.ap_medium():.3f}")
END
cat seen
diff expected seen
