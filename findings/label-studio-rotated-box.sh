#!/bin/sh
# Label Studio's converter puts one rotated rectangle into three different places in four formats.
#
# Guess: formats without rotation get the upright box round the rotated rectangle, the same in all of them.
# What happens: a rectangle of 200 x 20 pixels at (500, 100) of a picture of 1000 x 500, turned by a quarter, covers x 480 to 500 and
# y 100 to 300. Only the oriented YOLO says so. COCO turns percentages of width and of height as if they were one unit, so its box is
# twice as wide and half as high; plain YOLO and Pascal VOC leave the rotation out without a word.
# Versions: label-studio-sdk 2.1.2, Pillow 12.3.0, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet label-studio-sdk==2.1.2 pillow==12.3.0

cat > expected << 'END'
YOLO_OBB   x 480 to 500, y 100 to 300
COCO       x 460 to 500, y 100 to 200
YOLO       x 500 to 700, y 100 to 120
VOC        x 500 to 700, y 100 to 120
END
venv/bin/python - > seen << 'END'
import json, logging, re
from pathlib import Path
from PIL import Image
from label_studio_sdk.converter import Converter

logging.disable(logging.CRITICAL)
Image.new("RGB", (1000, 500)).save("a.png")
value = {"x": 50, "y": 20, "width": 20, "height": 4, "rotation": 90, "rectanglelabels": ["nut"]}
region = {
    "id": "r", "type": "rectanglelabels", "from_name": "label", "to_name": "image",
    "original_width": 1000, "original_height": 500, "image_rotation": 0, "value": value,
}
Path("tasks.json").write_text(json.dumps([{"id": 1, "data": {"image": "a.png"}, "annotations": [{"id": 1, "result": [region]}]}]))
view = '<View><Image name="image" value="$image"/><RectangleLabels name="label" toName="image"><Label value="nut"/></RectangleLabels></View>'
converter = Converter(view, ".", download_resources=False)

def box(name):
    converter.convert("tasks.json", name, name, is_dir=False)
    if name == "COCO":
        x, y, w, h = json.loads(Path("COCO/result.json").read_text())["annotations"][0]["bbox"]
        return x, x + w, y, y + h
    if name == "VOC":
        text = next(Path(name).rglob("*.xml")).read_text()
        return [float(re.search(f"<{key}>(.+)</{key}>", text)[1]) for key in ("xmin", "xmax", "ymin", "ymax")]
    numbers = [float(word) for word in next(Path(name).rglob("labels/*.txt")).read_text().split()[1:]]
    if name == "YOLO":
        x, y, w, h = numbers
        numbers = [x - w / 2, y - h / 2, x + w / 2, y + h / 2]
    xs, ys = [1000 * x for x in numbers[::2]], [500 * y for y in numbers[1::2]]
    return min(xs), max(xs), min(ys), max(ys)

for name in ("YOLO_OBB", "COCO", "YOLO", "VOC"):
    print("{:10} x {:.0f} to {:.0f}, y {:.0f} to {:.0f}".format(name, *box(name)))
END
cat seen
diff expected seen
