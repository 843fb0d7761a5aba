#!/bin/sh
# One weak detection of a class that the set does not show halves TIDE's AP and leaves pycocotools' as it was.
#
# Guess: TIDE, made to explain COCO's AP, gives COCO's AP.
# What happens: a detector finds both nuts exactly, and besides them, with a score of 0.05, a bolt where there is none; no picture of the set
# shows a bolt. pycocotools leaves a class without objects out of the mean: 1.0. TIDE takes it in with an AP of 0 as soon as one detection
# has that class: 0.5. Without the bolt both say 1.0. A part of a set, or a detector of 80 classes on pictures of a few, is enough for it.
# Versions: tidecv 1.0.1, pycocotools 2.0.11, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet tidecv==1.0.1 pycocotools==2.0.11 numpy==2.4.6

cat > expected << 'END'
two nuts:              AP pycocotools 1.00, TIDE 1.00
and a bolt by mistake: AP pycocotools 1.00, TIDE 0.50
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import contextlib, io, json
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from tidecv import TIDE, datasets

def write(name, value):
    with open(name, "w") as file:
        json.dump(value, file)

def nut(x):
    box = {"id": x, "image_id": 1, "category_id": 1, "bbox": [x, 10, 20, 20], "area": 400, "iscrowd": 0}
    return box | {"segmentation": [[x, 10, x + 20, 10, x + 20, 30, x, 30]]}

images = [{"id": 1, "file_name": "a.png", "width": 200, "height": 100}]
write("truth.json", {"images": images, "categories": [{"id": 1, "name": "nut"}, {"id": 2, "name": "bolt"}], "annotations": [nut(10), nut(60)]})
found = [{"image_id": 1, "category_id": 1, "bbox": [x, 10, 20, 20], "score": 0.9} for x in (10, 60)]
bolt = {"image_id": 1, "category_id": 2, "bbox": [150, 50, 20, 20], "score": 0.05}
for name, detections in (("two nuts:", found), ("and a bolt by mistake:", [*found, bolt])):
    write("found.json", detections)
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO("truth.json")
        figures = COCOeval(coco, coco.loadRes("found.json"), "bbox")
        figures.evaluate(), figures.accumulate(), figures.summarize()
        tide = TIDE()
        tide.evaluate_range(datasets.COCO("truth.json"), datasets.COCOResult("found.json"), mode=TIDE.BOX)
    [runs] = tide.run_thresholds.values()
    print(f"{name:22} AP pycocotools {figures.stats[0]:.2f}, TIDE {sum(run.ap for run in runs) / len(runs) / 100:.2f}")
END
cat seen
diff expected seen
