#!/bin/sh
# An outline goes around its hole in COCO and no longer in X-AnyLabeling, which drops each corner passed twice; and its boxes gain a pixel.
#
# Guess: what X-AnyLabeling imports from COCO and exports as COCO is the same set.
# What happens: a ring drawn in one stroke, out along a cut and back, passes the corners of the cut twice. The import keeps the first pass
# only, so that the hole is cut off askew: 900 pixels of 1200, and an outline that crosses itself. Exported as polygons, a square of 10 x 10
# has a box of 11 x 11 beside an outline of 10 x 10 and an area of 100; exported as rectangles it has 10 x 10. The ids begin at 0.
# Versions: x-anylabeling-cvhub 4.2.1, pycocotools 2.0.11, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile x-anylabeling-cvhub==4.2.1 pycocotools==2.0.11 numpy==2.4.6

cat > expected << 'END'
ring: 10 corners, 1200 pixels, box [10, 10, 40, 40]; back 8 corners, 900 pixels, box [10.0, 10.0, 41.0, 41.0]
square: 4 corners, 100 pixels, box [10, 60, 10, 10]; back 4 corners, 100 pixels, box [10.0, 60.0, 11.0, 11.0]
square, by the export of rectangles: box [10, 60, 10, 10]
END
QT_QPA_PLATFORM=offscreen HOME=$work venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import json
from pathlib import Path
from PIL import Image
from pycocotools import mask
from anylabeling.views.labeling.label_converter import LabelConverter

def write(path, value):
    Path(path).write_text(json.dumps(value))

def text(one):
    [outline] = one["segmentation"]
    pixels = int(mask.area(mask.merge(mask.frPyObjects([[float(v) for v in outline]], 100, 100))))
    return f"{len(outline) // 2} corners, {pixels} pixels, box {one['bbox']}"

ring = [10, 10, 50, 10, 50, 50, 10, 50, 10, 10, 20, 20, 20, 40, 40, 40, 40, 20, 20, 20]
square = [10, 60, 20, 60, 20, 70, 10, 70]
one = {"image_id": 1, "category_id": 1, "iscrowd": 0}
before = [
    one | {"id": 1, "area": 1200, "bbox": [10, 10, 40, 40], "segmentation": [ring]},
    one | {"id": 2, "area": 100, "bbox": [10, 60, 10, 10], "segmentation": [square]},
]
images, categories = [{"id": 1, "file_name": "a.png", "width": 100, "height": 100}], [{"id": 1, "name": "nut"}]
write("coco.json", {"images": images, "categories": categories, "annotations": before})
Image.new("RGB", (100, 100)).save("a.png")
Path("classes.txt").write_text("nut\n")
LabelConverter(classes_file="classes.txt").coco_to_custom("coco.json", ".", "polygon")
LabelConverter(classes_file="classes.txt").custom_to_coco(["a.png"], ".", ".", "polygon")
after = json.loads(Path("coco_instance_segmentation.json").read_text())["annotations"]
for name, *two in zip(("ring", "square"), before, after):
    print(f"{name}: {text(two[0])}; back {text(two[1])}")
labels = json.loads(Path("a.json").read_text())
write("a.json", labels | {"shapes": [labels["shapes"][1] | {"shape_type": "rectangle"}]})
LabelConverter(classes_file="classes.txt").custom_to_coco(["a.png"], ".", ".", "rectangle")
[last] = json.loads(Path("coco_detection.json").read_text())["annotations"]
print(f"square, by the export of rectangles: box {last['bbox']}")
END
cat seen
diff expected seen
