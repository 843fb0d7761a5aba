#!/bin/sh
# The hole of a nut is filled by datumaro's way from COCO to COCO, by darwin-py's import of COCO and by kili-formats' export to it.
#
# Guess: an object of 20 x 20 with a hole of 10 x 10 stays one of 300 pixels: COCO's run lengths and all three tools can hold holes.
# What happens: datumaro reads the run lengths and writes the outer outline, a pixel too small; darwin-py makes a polygon of that outline.
# kili-formats takes the hole off `area` and writes its ring as a second polygon, which COCO adds to the first: `area` says 300, the mask
# has 400 pixels, while its YOLO export keeps the hole. Whoever trains on such masks learns nuts without holes.
# Versions: datumaro 1.13.12, darwin-py 3.6.3, kili-formats 1.7.1, pycocotools 2.0.11, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile datumaro==1.13.12 darwin-py==3.6.3 "kili-formats[all]==1.7.1" pycocotools==2.0.11

cat > expected << 'END'
datumaro:     area 361, mask of 361 pixels
darwin-py:    polygon of 1 ring, 361 pixels
kili-formats: area 300, mask of 400 pixels
END
mkdir -p set/annotations set/images
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import json
from pathlib import Path
import numpy as np
from darwin.importer import get_importer
from datumaro.components.dataset import Dataset
from kili_formats.format.coco import convert_from_kili_to_coco_format
from PIL import Image
from pycocotools import mask

nut = np.zeros((80, 100), np.uint8)
nut[10:30, 60:80], nut[15:25, 65:75] = 1, 0
ends = [0, *np.flatnonzero(np.diff(nut.ravel(order="F"))) + 1, nut.size]
runs = {"size": [80, 100], "counts": np.diff(ends).tolist()}
one = {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "bbox": [60, 10, 20, 20], "area": 300, "segmentation": runs}
coco = {"images": [{"id": 1, "file_name": "a.png", "width": 100, "height": 80}], "categories": [{"id": 1, "name": "nut"}], "annotations": [one]}
Path("set/annotations/instances_train.json").write_text(json.dumps(coco)), Image.new("RGB", (100, 80)).save("set/images/a.png")

def pixels(rings):
    return mask.area(mask.merge(mask.frPyObjects(rings, 80, 100)))

def square(x, y, side):
    return {"normalizedVertices": [{"x": (x + a) / 100, "y": (y + b) / 80} for a, b in ((0, 0), (side, 0), (side, side), (0, side))]}

Dataset.import_from("set", "coco").export("out", "coco_instances")
[back] = json.loads(next(Path("out").rglob("instances_*.json")).read_text())["annotations"]
print(f"datumaro:     area {back['area']:.0f}, mask of {pixels(back['segmentation'])} pixels")
[read] = get_importer("coco")(Path("set/annotations/instances_train.json"))
rings = [[v for point in path for v in (point["x"], point["y"])] for path in read.annotations[0].data["paths"]]
print(f"darwin-py:    polygon of {len(rings)} ring, {pixels(rings)} pixels")
marked = {"type": "semantic", "categories": [{"name": "NUT"}], "boundingPoly": [square(60, 10, 20), square(65, 15, 10)]}
asset = {"externalId": "a", "content": "set/images/a.png", "resolution": {"width": 100, "height": 80}}
asset["latestLabel"] = {"jsonResponse": {"JOB": {"annotations": [marked]}}}
jobs = {"JOB": {"content": {"categories": {"NUT": {"name": "nut"}}}}}
[kept] = convert_from_kili_to_coco_format(jobs, [asset], "nuts", "IMAGE", None, False)["annotations"]
print(f"kili-formats: area {kept['area']:.0f}, mask of {pixels(kept['segmentation'])} pixels")
END
cat seen
diff expected seen
