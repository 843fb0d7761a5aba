#!/bin/sh
# PyLabel writes COCO's nuts as YOLO's bolts, its bolts as pins, and of an object in two parts the first part.
#
# Guess: three categories numbered from 1, as COCO's are, become YOLO's classes 0, 1 and 2 under their names; an object in two parts keeps
# both, or becomes two.
# What happens: the lines keep COCO's numbers, while dataset.yaml lists the names from 0: each class has the next one's name, and the last
# has none. As outlines only an object's first part is written. (cat_id_index=0 numbers anew; without it nothing is said.)
# Versions: pylabel 0.1.55, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet pylabel==0.1.55

cat > expected << 'END'
nut at x 10: a bolt at x 10 to 20
bolt at x 30 and 60: a pin at x 30 to 40
pin at x 80: class 3 of 3 at x 80 to 90
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import json
from pathlib import Path
import yaml
from pylabel import importer

def square(x):
    return [x, 10, x + 10, 10, x + 10, 20, x, 20]

places = {"nut": [10], "bolt": [30, 60], "pin": [80]}
objects = [
    {"id": i, "image_id": 1, "category_id": i, "iscrowd": 0, "area": 100 * len(xs), "bbox": [xs[0], 10, xs[-1] + 10 - xs[0], 10],
     "segmentation": [square(x) for x in xs]} for i, xs in enumerate(places.values(), 1)
]
categories = [{"id": i, "name": name} for i, name in enumerate(places, 1)]
images = [{"id": 1, "file_name": "a.png", "width": 100, "height": 50}]
Path("coco.json").write_text(json.dumps({"images": images, "categories": categories, "annotations": objects}))
importer.ImportCoco("coco.json").export.ExportToYoloV5(output_path="set/labels", segmentation=True)
names = yaml.safe_load(Path("set/dataset.yaml").read_text())["names"]
for (name, xs), line in zip(places.items(), Path("set/labels/a.txt").read_text().splitlines()):
    number, *corners = line.split()
    columns = [100 * float(x) for x in corners[::2]]
    label = f"a {names[int(number)]}" if int(number) < len(names) else f"class {number} of {len(names)}"
    print(f"{name} at x {' and '.join(map(str, xs))}: {label} at x {min(columns):.0f} to {max(columns):.0f}")
END
cat seen
diff expected seen
