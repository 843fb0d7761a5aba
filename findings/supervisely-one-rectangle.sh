#!/bin/sh
# One rectangle of Supervisely's is a box of 3 x 3 in its COCO export and one of 4 x 4 a pixel further up and left in its YOLO export.
#
# Guess: a rectangle drawn round an object of 4 x 4 pixels has a box of 4 x 4 in both, at the same place.
# What happens: Supervisely keeps a rectangle by its first and last pixel; its own width and area are 4 and 16. COCO gets the difference of
# the two, 3, beside an area of 16, and a painted mask is treated alike. YOLO gets 4 x 4 about a middle cut down to whole pixels, so that it
# begins a pixel too early and overlaps the object by an IoU of 0.39. A polygon with corners on the object's edges is right in COCO, and its
# box a pixel too large in YOLO. YOLO's boxes are read by their edges, so that each time round a box gains a pixel: 4, 5, 6, 7.
# Versions: supervisely 6.74.51, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet supervisely==6.74.51

cat > expected << 'END'
rectangle: COCO 40 20 43 23, YOLO 39 19 43 23; area 16 in COCO
  IoU with the object: COCO 0.56, YOLO 0.39; of COCO and YOLO 0.56
mask: COCO 40 20 43 23, YOLO 39 19 43 23; area 16 in COCO
  IoU with the object: COCO 0.56, YOLO 0.39; of COCO and YOLO 0.56
polygon: COCO 40 20 44 24, YOLO 39.5 19.5 44.5 24.5; area 16 in COCO
  IoU with the object: COCO 1.00, YOLO 0.64; of COCO and YOLO 0.64
round and round by YOLO: 4 x 4, 5 x 5, 6 x 6, 7 x 7
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np, supervisely as sly
from supervisely.convert.image.coco.coco_helper import sly_ann_to_coco
from supervisely.convert.image.yolo.yolo_helper import convert_rectangle, sly_ann_to_yolo

side = 100  # of the picture; the object is 4 x 4 pixels, from column 40 and row 20 on
painted = np.pad(np.ones((4, 4), bool), ((20, side - 24), (40, side - 44)))
corners = [sly.PointLocation(row, column) for row, column in ((20, 40), (20, 44), (24, 44), (24, 40))]
shapes = {"rectangle": sly.Rectangle(top=20, left=40, bottom=23, right=43), "mask": sly.Bitmap(painted), "polygon": sly.Polygon(corners)}

def overlap(a, b):
    both = np.prod(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]))
    return both / (sum(np.prod(np.subtract(box[2:], box[:2])) for box in (a, b)) - both)

for name, shape in shapes.items():
    annotation = sly.Annotation((side, side), [sly.Label(shape, sly.ObjClass("nut", type(shape)))])
    one = sly_ann_to_coco(annotation, 1, {"nut": 1})[0][0]
    x, y, w, h = one["bbox"]
    boxes = {"COCO": (x, y, x + w, y + h)}
    x, y, w, h = (float(v) * side for v in sly_ann_to_yolo(annotation, ["nut"], "detect")[0].split()[1:])
    boxes["YOLO"] = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
    texts = [f"{who} {' '.join(f'{v:g}' for v in np.round(b, 3))}" for who, b in boxes.items()]
    print(f"{name}: {', '.join(texts)}; area {one['area']:.0f} in COCO")
    shares = [overlap(box, (40, 20, 44, 24)) for box in boxes.values()] + [overlap(*boxes.values())]
    print("  IoU with the object: COCO {:.2f}, YOLO {:.2f}; of COCO and YOLO {:.2f}".format(*shares))

line, sizes = "0 0.42 0.22 0.04 0.04", []
while len(sizes) < 4:
    sizes.append(" x ".join(f"{float(v) * side:.0f}" for v in line.split()[3:]))
    label = sly.Label(convert_rectangle(side, side, line.split()[1:]), sly.ObjClass("nut", sly.Rectangle))
    line = sly_ann_to_yolo(sly.Annotation((side, side), [label]), ["nut"], "detect")[0]
print(f"round and round by YOLO: {', '.join(sizes)}")
END
cat seen
diff expected seen
