#!/bin/sh
# A flip in torchvision or albumentations moves a polygon's corners a pixel off the object that its mask and box follow.
#
# Guess: corners handed over as key points (torchvision names polygons as their use) stay on the object that mask and box show.
# What happens: a flip takes x to width - x for a box and to width - 1 - x for a point, as if points were pixels' numbers and not places.
# Resizing takes them for places in both libraries, and torchvision's rotation does too: there, turning by 180 degrees and flipping both
# ways give points a pixel apart. With a flip at p = 0.5 half of the outlines are off, and small objects lose what a pixel is to them.
# Versions: torchvision 0.29.2, torch 2.15.0, albumentations 2.0.8, numpy 2.2.6, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile torchvision==0.29.2 torch==2.15.0 albumentations==2.0.8 numpy==2.2.6

cat > expected << 'END'
torchvision    flipped both ways: mask 80 50 90 60, box 80 50 90 60, corners 79 49 89 59
torchvision    turned by 180:     mask 80 50 90 60, box 80 50 90 60, corners 80 50 90 60
torchvision    twice as large:    mask 20 40 40 60, box 20 40 40 60, corners 20 40 40 60
albumentations flipped both ways: mask 80 50 90 60, box 80 50 90 60, corners 79 49 89 59
albumentations turned by 180:     mask 80 50 90 60, box 80 50 90 60, corners 79 49 89 59
albumentations twice as large:    mask 20 40 40 60, box 20 40 40 60, corners 20 40 40 60
END
NO_ALBUMENTATIONS_UPDATE=1 venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import albumentations as A
import numpy as np
import torch
from torchvision import tv_tensors
from torchvision.transforms import v2

height, width, box, corners = 80, 100, [10, 20, 20, 30], [[10.0, 20.0], [20.0, 20.0], [20.0, 30.0], [10.0, 30.0]]
square = np.zeros((height, width), np.uint8)
square[20:30, 10:20] = 1

def extent(mask):
    rows, columns = np.nonzero(np.asarray(mask))
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1

def report(name, mask, box, points):
    points = np.asarray(points)
    each = (extent(mask), box, (*points.min(0), *points.max(0)))
    print(name, "mask {}, box {}, corners {}".format(*(" ".join(f"{value:g}" for value in np.round(one, 2)) for one in each)))

whole = {"flipped both ways:": [v2.RandomHorizontalFlip(1), v2.RandomVerticalFlip(1)], "turned by 180:    ": [v2.RandomRotation((180, 180))],
         "twice as large:   ": [v2.Resize((160, 200))]}
for name, steps in whole.items():
    given = (tv_tensors.Mask(square[None]), tv_tensors.BoundingBoxes([box], format="XYXY", canvas_size=(height, width)),
             tv_tensors.KeyPoints(corners, canvas_size=(height, width)))
    mask, [found], points = v2.Compose(steps)(*given)
    report("torchvision    " + name, mask[0], found.tolist(), points)
whole = {"flipped both ways:": [A.HorizontalFlip(p=1), A.VerticalFlip(p=1)], "turned by 180:    ": [A.Rotate((180, 180), p=1)],
         "twice as large:   ": [A.Resize(160, 200)]}
for name, steps in whole.items():
    change = A.Compose(steps, A.BboxParams("pascal_voc", label_fields=["names"]), A.KeypointParams("xy", remove_invisible=False))
    found = change(image=np.stack([square] * 3, 2), mask=square, bboxes=[box], names=[0], keypoints=corners)
    report("albumentations " + name, found["mask"], found["bboxes"][0], found["keypoints"])
END
cat seen
diff expected seen
