#!/bin/sh
# COCO-Assistant merges two sets so that pictures of both share an id, unless the last picture of the first has the highest.
#
# Guess: the pictures of two merged sets are numbered so that all of them can be told apart.
# What happens: the second set's pictures are numbered on from the last one that the first file lists, and its annotations from the last
# annotation, whatever the highest number is; nothing asks a file to be in the order of its numbers. Here four pictures are three for
# pycocotools: d.png has the number of a.png, which is gone, and a.png's object is now one of d.png. Nothing is said.
# Versions: coco-assistant 0.3.5 (pip finds not all that 0.4.0 needs), pycocotools 2.0.8, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet coco-assistant==0.3.5 pycocotools==2.0.8 numpy==1.26.4

cat > expected << 'END'
apart:  a.png x 30; b.png x 10; c.png x 50; d.png x 60
merged: d.png x 30 60; b.png x 10; c.png x 50
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import contextlib, io, json
from pathlib import Path
from coco_assistant import COCO_Assistant
from PIL import Image
from pycocotools.coco import COCO

def write(name, pictures):
    folder = Path("pictures", name)
    folder.mkdir(parents=True)
    images, annotations = [], []
    for number, file in pictures.items():
        Image.new("RGB", (100, 100)).save(folder / file)
        images.append({"id": number, "file_name": file, "width": 100, "height": 100})
        box = {"id": number, "image_id": number, "category_id": 1, "iscrowd": 0, "area": 100}
        annotations.append(box | {"bbox": [10 * number, 10, 10, 10], "segmentation": []})
    Path("labels").mkdir(exist_ok=True)
    truth = {"info": {}, "licenses": [], "images": images, "categories": [{"id": 1, "name": "nut"}], "annotations": annotations}
    Path("labels", f"{name}.json").write_text(json.dumps(truth))

def text(path):
    coco = COCO(path)
    return "; ".join(f"{one['file_name']} x " + " ".join(f"{a['bbox'][0]}" for a in coco.imgToAnns[i]) for i, one in coco.imgs.items())

write("one", {3: "a.png", 1: "b.png"})
write("two", {5: "c.png", 6: "d.png"})
with contextlib.redirect_stdout(io.StringIO()):
    COCO_Assistant(Path("pictures"), Path("labels")).merge(merge_images=False)
    parts, whole = [text(f"labels/{name}.json") for name in ("one", "two")], text(next(Path(".").rglob("merged.json")))
print("apart:  " + "; ".join(parts))
print("merged: " + whole)
END
cat seen
diff expected seen
