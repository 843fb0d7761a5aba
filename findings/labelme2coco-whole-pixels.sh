#!/bin/sh
# labelme2coco cuts every corner of a polygon down to whole pixels: half a pixel up and to the left on average.
#
# Guess: labelme's corners, which have fractions, arrive in COCO as they are (labelme2coco's box keeps them).
# What happens: sahi, which writes the COCO, passes each coordinate of `segmentation` through int(). A shape moves by 0.5 pixels and one of
# eight pixels overlaps itself by an IoU of a half. `bbox` of the same annotation keeps the fractions, so that the two do not agree.
# Versions: labelme2coco 0.2.6, sahi 0.12.8, shapely 2.2.0, pycocotools 2.0.11, numpy 2.2.6, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet labelme2coco==0.2.6 sahi==0.12.8 shapely==2.2.0 pycocotools==2.0.11 numpy==2.2.6

cat > expected << 'END'
drawn    [10.9, 5.9, 20.9, 5.9, 20.9, 6.8, 10.9, 6.8]
written  [10, 5, 20, 5, 20, 6, 10, 6] with the box [10.9, 5.9, 10.0, 0.9]
300 pentagons within  8 pixels: moved by -0.49, -0.49; IoU with themselves 0.50
300 pentagons within 32 pixels: moved by -0.50, -0.51; IoU with themselves 0.84
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import contextlib, io, json
from pathlib import Path
import numpy as np
from labelme2coco import get_coco_from_labelme_folder
from pycocotools import mask

def converted(folder, polygons):
    Path(folder).mkdir()
    shapes = [{"label": "nut", "points": each, "group_id": None, "shape_type": "polygon", "flags": {}} for each in polygons]
    picture = {"imagePath": "a.png", "imageData": None, "imageHeight": 100, "imageWidth": 100}
    Path(folder, "a.json").write_text(json.dumps({"version": "5.5.0", "flags": {}, "shapes": shapes} | picture))
    with contextlib.redirect_stdout(io.StringIO()):
        return get_coco_from_labelme_folder(folder).json["annotations"]

wire = [[10.9, 5.9], [20.9, 5.9], [20.9, 6.8], [10.9, 6.8]]
(one,) = converted("wire", [wire])
print("drawn   ", [value for point in wire for value in point])
print("written ", one["segmentation"][0], "with the box", [round(value, 6) for value in one["bbox"]])
random = np.random.default_rng(0)
for side in (8, 32):
    pentagons, moved, overlaps = [], [], []
    for _ in range(300):
        points = random.uniform(20, 80, 2) + random.uniform(-side / 2, side / 2, (5, 2))
        angles = np.arctan2(*(points - points.mean(0)).T)
        pentagons.append(points[np.argsort(angles)].tolist())
    for points, after in zip(pentagons, converted(str(side), pentagons)):
        moved.append(np.reshape(after["segmentation"][0], (-1, 2)).mean(0) - np.mean(points, 0))
        a, b = (mask.frPyObjects([each], 100, 100) for each in (np.ravel(points).tolist(), after["segmentation"][0]))
        overlaps.append(mask.iou(a, b, [0])[0, 0])
    x, y = np.mean(moved, 0)
    print(f"300 pentagons within {side:2} pixels: moved by {x:.2f}, {y:.2f}; IoU with themselves {np.mean(overlaps):.2f}")
END
cat seen
diff expected seen
