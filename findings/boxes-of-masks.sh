#!/bin/sh
# The box of one mask is a pixel smaller by supervision and imantics than by pycocotools, scikit-image and OpenCV, and empty for a thin object.
#
# Guess: a mask of 10 x 10 pixels has a box of 10 x 10; its IoU with the box of the same mask by another library is 1.
# What happens: mask_to_xyxy and Mask.bbox() give the first and the last pixel's numbers, while both libraries take a box's numbers for edges
# where they give its sides or its area: the box is 9 x 9 and covers 0.81 of the object, that of 4 x 4 pixels 0.56, and a line one pixel
# wide has a box without area, which filters throw out. masks_to_boxes of torchvision 0.29.2 gives what supervision gives.
# Versions: supervision 0.31.2, imantics 0.1.12, pycocotools 2.0.11, scikit-image 0.26.0, opencv-python 4.14.0.94, numpy 2.2.6,
# Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile supervision==0.31.2 imantics==0.1.12 pycocotools==2.0.11 scikit-image==0.26.0 \
    opencv-python==4.14.0.94 numpy==2.2.6

cat > expected << 'END'
10 x 10: pycocotools 10 x 10, 1.00; scikit-image 10 x 10, 1.00; OpenCV 10 x 10, 1.00; supervision 9 x 9, 0.81; imantics 9 x 9, 0.81
4 x 4: pycocotools 4 x 4, 1.00; scikit-image 4 x 4, 1.00; OpenCV 4 x 4, 1.00; supervision 3 x 3, 0.56; imantics 3 x 3, 0.56
1 x 20: pycocotools 1 x 20, 1.00; scikit-image 1 x 20, 1.00; OpenCV 1 x 20, 1.00; supervision 0 x 19, 0.00; imantics 0 x 19, 0.00
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import cv2, imantics, supervision
import numpy as np
from pycocotools import mask
from skimage.measure import regionprops

def by_skimage(picture):
    top, left, bottom, right = regionprops(picture.astype(int))[0].bbox
    return left, top, right, bottom

def from_sides(x, y, width, height):
    return x, y, x + width, y + height

readers = {
    "pycocotools": lambda m: from_sides(*mask.toBbox(mask.encode(np.asfortranarray(m)))),
    "scikit-image": by_skimage,
    "OpenCV": lambda m: from_sides(*cv2.boundingRect(m)),
    "supervision": lambda m: supervision.mask_to_xyxy(m[None].astype(bool))[0],
    "imantics": lambda m: imantics.Mask(m).bbox().bbox(),
}
for height, width in ((10, 10), (4, 4), (20, 1)):
    picture = np.zeros((60, 80), np.uint8)
    picture[10:10 + height, 20:20 + width] = 1
    true = np.array([[20, 10, 20 + width, 10 + height]], float)
    texts = []
    for name, read in readers.items():
        box = np.array([read(picture)], float)
        left, top, right, bottom = box[0]
        texts.append(f"{name} {right - left:.0f} x {bottom - top:.0f}, {supervision.box_iou_batch(true, box)[0, 0]:.2f}")
    print(f"{width} x {height}: {'; '.join(texts)}")
END
cat seen
diff expected seen
