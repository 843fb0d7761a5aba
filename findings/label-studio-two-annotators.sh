#!/bin/sh
# Of a picture that two people labelled, Label Studio's COCO export makes two pictures, and its YOLO and VOC exports keep the older labels.
#
# Guess: all exports take the same annotation of a task, the newest one, as the converter's comment says.
# What happens: in January one nut was marked; in February another person marked two objects elsewhere. COCO's file lists the picture twice,
# with two ids, each without what the other person marked: half of what a detector rightly finds counts as false. YOLO and Pascal VOC write
# one file for each annotation under one name, newest first, so that the January labels are what stays. JSON_MIN lists both, newest first.
# Versions: label-studio-sdk 2.1.2, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet label-studio-sdk==2.1.2

cat > expected << 'END'
COCO: picture 0, a.png: x 50 75; picture 1, a.png: x 10
YOLO: a.txt: x 10
VOC: a.xml: x 10
JSON_MIN: 2026-02: x 50 75; 2026-01: x 10
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import json, re
from pathlib import Path
from PIL import Image
from label_studio_sdk.converter import Converter

def annotation(key, month, *places):
    head = {"type": "rectanglelabels", "from_name": "label", "to_name": "image", "original_width": 100, "original_height": 50}
    value = {"y": 20, "width": 20, "height": 40, "rotation": 0, "rectanglelabels": ["nut"]}
    result = [head | {"id": f"r{x}", "value": value | {"x": x}} for x in places]
    return {"id": key, "created_at": f"2026-{month}-01T00:00:00Z", "completed_by": key, "result": result}

Image.new("RGB", (100, 50)).save("a.png")
annotations = [annotation(1, "01", 10), annotation(2, "02", 50, 75)]
Path("tasks.json").write_text(json.dumps([{"id": 1, "data": {"image": "a.png"}, "annotations": annotations}]))
view = '<View><Image name="image" value="$image"/><RectangleLabels name="label" toName="image"><Label value="nut"/></RectangleLabels></View>'
for name in ("COCO", "YOLO", "VOC", "JSON_MIN"):
    Converter(view, ".", download_resources=False).convert("tasks.json", name, name, is_dir=False)

coco = json.loads(Path("COCO/result.json").read_text())
boxes = {each["id"]: [] for each in coco["images"]}
for one in coco["annotations"]:
    boxes[one["image_id"]].append(f"{one['bbox'][0]:.0f}")
print("COCO: " + "; ".join(f"picture {i['id']}, {i['file_name']}: x {' '.join(boxes[i['id']])}" for i in coco["images"]))
lines = [line.split() for path in Path("YOLO/labels").iterdir() for line in path.read_text().splitlines()]
print("YOLO: a.txt: x " + " ".join(f"{100 * (float(x) - float(w) / 2):.0f}" for _, x, _, w, _ in lines))
print("VOC: a.xml: x " + " ".join(re.findall("<xmin>(.+?)</xmin>", Path("VOC/Annotations/a.xml").read_text())))
tasks = json.loads(Path("JSON_MIN/result.json").read_text())
print("JSON_MIN: " + "; ".join(f"{one['created_at'][:7]}: x " + " ".join(str(r["x"]) for r in one["label"]) for one in tasks))
END
cat seen
diff expected seen
