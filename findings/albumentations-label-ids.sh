#!/bin/sh
# Numbers that go through albumentations beside the boxes come back rounded: crowds of two pictures of COCO's get one id.
#
# Guess: what stands in label_fields is handed back as it was given, for the boxes that are left.
# What happens: boxes and labels are one array of float32 on the way. Whole numbers come back as floats in a list, and from 16,777,217 on
# as other numbers. COCO numbers the crowd of people in its picture 250282 as 900100250282: so high up float32 knows only every 65,536th
# number, and the crowds of several pictures come back with one id that none of them had. Truth becomes 1.0 and 0.0; text stays as it was.
# Versions: albumentations 2.0.8, opencv-python-headless 4.14.0.94, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet albumentations==2.0.8 opencv-python-headless==4.14.0.94 numpy==2.4.6

cat > expected << 'END'
boxes, list: [900100250282, 900100262145, 16777217, 7] became [900100259840.0, 900100259840.0, 16777216.0, 7.0]
boxes, array: [900100250282, 900100262145, 16777217, 7] became [900100259840, 900100259840, 16777216, 7]
boxes, texts: ['900100250282', '900100262145', '16777217', '7'] became ['900100250282', '900100262145', '16777217', '7']
boxes, truth: [True, False, True, False] became [1.0, 0.0, 1.0, 0.0]
points, list: [900100250282, 900100262145, 16777217, 7] became [900100259840.0, 900100259840.0, 16777216.0, 7.0]
END
NO_ALBUMENTATIONS_UPDATE=1 venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import albumentations as A
import numpy as np

picture = np.zeros((100, 100, 3), np.uint8)
ids = [900100250282, 900100262145, 16777217, 7]
boxes = A.BboxParams(format="coco", label_fields=["labels"])
points = A.KeypointParams(format="xy", label_fields=["labels"])
for name, labels in {"list": ids, "array": np.array(ids), "texts": [str(i) for i in ids], "truth": [True, False] * 2}.items():
    flipped = A.Compose([A.HorizontalFlip(p=1)], bbox_params=boxes)
    back = flipped(image=picture, bboxes=[[10, 20, 30, 40]] * 4, labels=labels)["labels"]
    before, after = (each.tolist() if name == "array" else each for each in (labels, back))
    print(f"boxes, {name}: {before} became {after}")
flipped = A.Compose([A.HorizontalFlip(p=1)], keypoint_params=points)
back = flipped(image=picture, keypoints=[[10, 20]] * 4, labels=ids)["labels"]
print(f"points, list: {ids} became {back}")
END
cat seen
diff expected seen
