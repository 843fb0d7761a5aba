#!/bin/sh
# superannotate's COCO export gives a box an area by how far down the picture it lies: small objects become medium and large ones.
#
# Guess: area is width times height: three boxes of 20 x 20, one below the other, have 400 each and are small by COCO's sizes.
# What happens: the area is written as (x2 - x1) * y2 - y1, so that they have 590, 6100 and 11800: one small, one medium, one large.
# pycocotools takes sizes from the file, so a detector that finds the uppermost alone has an AP of 1 for small objects, though it misses two
# of three. The boxes are right, and with them the AP over all sizes.
# Versions: superannotate 4.6.2, pycocotools 2.0.11, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet superannotate==4.6.2 pycocotools==2.0.11

cat > expected << 'END'
box [10, 10, 20, 20], area 590
box [10, 300, 20, 20], area 6100
box [10, 600, 20, 20], area 11800
AP of a detector that finds the uppermost: all 0.34, small 1.00, medium 0.00, large 0.00
END
mkdir -p home set/classes out
HOME=$work/home venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import contextlib, io, json
from pathlib import Path
import superannotate
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

def box(y):
    points = {"x1": 10, "y1": y, "x2": 30, "y2": y + 20}
    return {"type": "bbox", "classId": 1, "className": "nut", "groupId": 0, "points": points, "attributes": []}

labels = {"metadata": {"name": "a.png", "width": 640, "height": 640}, "instances": [box(10), box(300), box(600)]}
Path("set/a.png.json").write_text(json.dumps(labels | {"tags": [], "comments": []}))
Path("set/classes/classes.json").write_text(json.dumps([{"id": 1, "name": "nut", "color": "#ff0000", "attribute_groups": []}]))
with contextlib.redirect_stdout(io.StringIO()):
    superannotate.export_annotation("set", "out", "COCO", "truth", "Vector", "object_detection")
    coco = COCO("out/truth.json")
    first = {key: coco.anns[1][key] for key in ("image_id", "category_id", "bbox")} | {"score": 0.9}
    figures = COCOeval(coco, coco.loadRes([first]), "bbox")
    figures.evaluate(), figures.accumulate(), figures.summarize()
for one in coco.anns.values():
    print(f"box {one['bbox']}, area {one['area']}")
names = {"all": 0, "small": 3, "medium": 4, "large": 5}
print("AP of a detector that finds the uppermost: " + ", ".join(f"{name} {figures.stats[i]:.2f}" for name, i in names.items()))
END
cat seen
diff expected seen
