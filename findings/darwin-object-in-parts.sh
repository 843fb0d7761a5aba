#!/bin/sh
# darwin-py's COCO export turns an object in two parts into a crowd, which nobody has to find.
#
# Guess: a polygon of two paths (an object behind a post) becomes one annotation with two polygons, iscrowd 0, area 200.
# What happens: it becomes run lengths with iscrowd 1 and area 0, while an object in one part stays an ordinary one. COCO's rules ask no
# detector to find a crowd: one that never sees objects in parts has AP 1. The mask also gains a row and a column for each part (242 pixels).
# Versions: darwin-py 3.6.3, pycocotools 2.0.11, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet darwin-py==3.6.3 pycocotools==2.0.11

cat > expected << 'END'
one part:  iscrowd 0, area 100.0, mask of 100 pixels, box [5, 5, 10, 10]
two parts: iscrowd 1, area 0, mask of 242 pixels, box [25, 5, 26, 11]
AP where the object in two parts is missed: 1.0
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import contextlib, io, json
from pathlib import Path
from darwin.exporter import export_annotations, get_exporter
from pycocotools import mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

def square(x, y):
    return [{"x": x, "y": y}, {"x": x + 10, "y": y}, {"x": x + 10, "y": y + 10}, {"x": x, "y": y + 10}]

def polygon(key, *paths):
    return {"id": key, "name": "nut", "slot_names": ["0"], "polygon": {"paths": list(paths)}}

slot = {"type": "image", "slot_name": "0", "width": 60, "height": 40, "source_files": [{"file_name": "a.png"}]}
item = {"name": "a.png", "path": "/", "slots": [slot]}
annotations = [polygon("1", square(5, 5)), polygon("2", square(25, 5), square(40, 5))]
Path("a.json").write_text(json.dumps({"version": "2.0", "item": item, "annotations": annotations}))
with contextlib.redirect_stdout(io.StringIO()):
    Path("out").mkdir()
    export_annotations(get_exporter("coco"), [Path("a.json")], Path("out"))
    coco = COCO(next(Path("out").rglob("*.json")))
    first = coco.anns[1]
    found = [{key: first[key] for key in ("image_id", "category_id", "bbox")} | {"score": 0.9}]
    figures = COCOeval(coco, coco.loadRes(found), "bbox")
    figures.evaluate(), figures.accumulate(), figures.summarize()
for name, one in zip(("one part: ", "two parts:"), coco.anns.values()):
    pixels = int(mask.area(coco.annToRLE(one)))
    print(f"{name} iscrowd {one['iscrowd']}, area {one['area']}, mask of {pixels} pixels, box {one['bbox']}")
print(f"AP where the object in two parts is missed: {figures.stats[0]:.1f}")
END
cat seen
diff expected seen
