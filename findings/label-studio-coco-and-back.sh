#!/bin/sh
# Two objects that go from COCO to Label Studio and back by its own converters are five objects.
#
# Guess: what convert_coco_to_ls reads and the COCO export writes is the same set: two objects, one of them in two parts.
# What happens: each annotation becomes a rectangle and, beside it, a polygon for each of its parts, and nothing ties them together. All of
# them are objects for the export: a detector that finds the two exactly misses three of five. The converter says of outlines that they are
# experimental, and no more.
# Versions: label-studio-sdk 2.1.2, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet label-studio-sdk==2.1.2

cat > expected << 'END'
before: nut 40 x 10, 2 parts; nut 10 x 10, 1 part
after: nut 40 x 10, no outline; nut 10 x 10, no outline; nut 10 x 10, 1 part; nut 10 x 10, 1 part; nut 10 x 10, 1 part
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import contextlib, io, json
from pathlib import Path
from label_studio_sdk.converter import Converter
from label_studio_sdk.converter.imports.coco import convert_coco_to_ls

def square(x):
    return [x, 10, x + 10, 10, x + 10, 20, x, 20]

def text(path):
    parts = {0: "no outline", 1: "1 part", 2: "2 parts"}
    coco = json.loads(Path(path).read_text())
    names = {each["id"]: each["name"] for each in coco["categories"]}
    sides = [f"{a['bbox'][2]:.0f} x {a['bbox'][3]:.0f}, {parts[len(a['segmentation'])]}" for a in coco["annotations"]]
    return "; ".join(f"{names[a['category_id']]} {side}" for a, side in zip(coco["annotations"], sides))

one = {"image_id": 1, "category_id": 1, "iscrowd": 0}
objects = [
    one | {"id": 1, "area": 200, "bbox": [10, 10, 40, 10], "segmentation": [square(10), square(40)]},
    one | {"id": 2, "area": 100, "bbox": [60, 10, 10, 10], "segmentation": [square(60)]},
]
images, categories = [{"id": 1, "file_name": "a.png", "width": 100, "height": 50}], [{"id": 1, "name": "nut"}]
Path("coco.json").write_text(json.dumps({"images": images, "categories": categories, "annotations": objects}))
with contextlib.redirect_stdout(io.StringIO()):
    convert_coco_to_ls("coco.json", "tasks.json", image_root_url="pictures")
    tasks = json.loads(Path("tasks.json").read_text())
    Path("imported.json").write_text(json.dumps([task | {"id": i} for i, task in enumerate(tasks, 1)]))  # as Label Studio numbers them
    view = Path("tasks.label_config.xml").read_text()
    Converter(view, ".", download_resources=False).convert("imported.json", "back", "COCO", is_dir=False)
print("before:", text("coco.json"))
print("after:", text("back/result.json"))
END
cat seen
diff expected seen
