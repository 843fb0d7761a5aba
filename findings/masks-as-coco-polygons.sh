#!/bin/sh
# Masks that four libraries turn into COCO's polygons come back smaller: a line two pixels wide by half, or not at all.
#
# Guess: without simplification (supervision: 0.0 "preserves the original contour") a mask written as polygons reads back as that mask.
# What happens: OpenCV's contours pass through the middles of the border's pixels, numbered as if those were corners. COCO's polygons pass
# along the edges, so pycocotools reads every part without its last row and column: a tenth of a disc 21 pixels across is gone, and half of
# a line. Filled by OpenCV the same rings are whole, so the round trip inside a library shows no loss. datumaro traces in another way.
# Versions: supervision 0.31.2, sahi 0.12.8, imantics 0.1.12, datumaro 1.13.12, pycocotools 2.0.11, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile supervision==0.31.2 sahi==0.12.8 imantics==0.1.12 datumaro==1.13.12 pycocotools==2.0.11

cat > expected << 'END'
supervision: disc 288 of 317, square 81 of 100, line 58 of 118, thin line 0 of 59
sahi: disc 288 of 317, square 81 of 100, line 58 of 118, thin line 0 of 59
imantics: disc 288 of 317, square 81 of 100, line 58 of 118, thin line 0 of 59
datumaro: disc 304 of 317, square 81 of 100, line 0 of 118, thin line 0 of 59
supervision, filled by OpenCV: disc 317 of 317, square 100 of 100, line 118 of 118, thin line 0 of 59
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import imantics, sahi.utils.cv, supervision
import numpy as np
from datumaro.util import mask_tools
from pycocotools import mask

y, x = np.mgrid[:100, :100]
shapes = {
    "disc": (x - 50) ** 2 + (y - 50) ** 2 <= 100,
    "square": (abs(x - 50.5) < 5) & (abs(y - 50.5) < 5),
    "line": (abs(x - 50) < 30) & (abs(y - 50.5) < 1),
    "thin line": (abs(x - 50) < 30) & (y == 50),
}

def coco(rings):
    return mask.decode(mask.merge(mask.frPyObjects(rings, 100, 100)))

def opencv(rings):
    return np.any([supervision.polygon_to_mask(np.reshape(ring, (-1, 2)).astype(int), (100, 100)) for ring in rings], axis=0)

libraries = {
    "supervision": (supervision.mask_to_polygons, coco),
    "sahi": (sahi.utils.cv.get_coco_segmentation_from_bool_mask, coco),
    "imantics": (lambda pixels: imantics.Mask(pixels).polygons().segmentation, coco),
    "datumaro": (mask_tools.mask_to_polygons, coco),
    "supervision, filled by OpenCV": (supervision.mask_to_polygons, opencv),
}
for name, (outlines, fill) in libraries.items():
    texts = []
    for shape, pixels in shapes.items():
        rings = [np.ravel(each).astype(float).tolist() for each in outlines(pixels)]
        rings = [ring for ring in rings if len(ring) >= 6]  # one of two corners, as imantics writes, has no pixel for COCO
        texts.append(f"{shape} {int(fill(rings).sum()) if rings else 0} of {pixels.sum()}")
    print(f"{name}: " + ", ".join(texts))
END
cat seen
diff expected seen
