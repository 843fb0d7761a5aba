#!/bin/sh
# bboxconverter's training and test parts of one set number the same classes differently, and pictures without objects are in neither.
#
# Guess: train.json and test.json of a fold have the set's categories, each under one id.
# What happens: each file numbers the classes in the order in which they first come up in it. In the second of three folds a nut is class 1 of
# the training part and class 0 of the test part: a detector trained on the one and measured by ids on the other is wrong on every object,
# while each file is right for itself. The seventh picture, which shows nothing, is left out without a word.
# Versions: bboxconverter 0.1.9, numpy 1.26.4, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet bboxconverter==0.1.9 numpy==1.26.4

cat > expected << 'END'
the set: 7 pictures, nut 1, bolt 2
fold_1/train: 4 pictures, bolt 0, nut 1; fold_1/test: 2 pictures, bolt 0, nut 1
fold_2/train: 4 pictures, bolt 0, nut 1; fold_2/test: 2 pictures, nut 0, bolt 1
fold_3/train: 4 pictures, nut 0, bolt 1; fold_3/test: 2 pictures, bolt 0, nut 1
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import contextlib, io, json
from pathlib import Path
import bboxconverter

def text(path):
    coco = json.loads(Path(path).read_text())
    return f"{len(coco['images'])} pictures, " + ", ".join(f"{one['name']} {one['id']}" for one in coco["categories"])

# In every other picture the bolt comes first.
images = [{"id": i, "file_name": f"{i}.png", "width": 100, "height": 50} for i in range(1, 8)]
orders = [(1, (2, 1)), (2, (1, 2)), (3, (2, 1)), (4, (1, 2)), (5, (2, 1)), (6, (1, 2))]
boxes = [(image, category, 10 * place) for image, order in orders for place, category in enumerate(order, 1)]
labels = [
    {"id": i, "image_id": image, "category_id": category, "iscrowd": 0, "area": 100, "bbox": [x, 10, 10, 10]}
    for i, (image, category, x) in enumerate(boxes, 1)
]
categories = [{"id": 1, "name": "nut"}, {"id": 2, "name": "bolt"}]
Path("coco.json").write_text(json.dumps({"images": images, "categories": categories, "annotations": labels}))
with contextlib.redirect_stdout(io.StringIO()):
    bboxconverter.read_coco("coco.json").export(Path("."), "coco", kfold=3)
print("the set: " + text("coco.json"))
for fold in (1, 2, 3):
    print("; ".join(f"fold_{fold}/{part}: {text(f'fold_{fold}/{part}/{part}.json')}" for part in ("train", "test")))
END
cat seen
diff expected seen
