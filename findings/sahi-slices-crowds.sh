#!/bin/sh
# sahi's slicing of a COCO set makes an ordinary object of every crowd, and a filled box of every mask in run lengths.
#
# Guess: a slice keeps an annotation's iscrowd and cuts its mask; what is in run lengths, as all of COCO's crowds are, is cut or left out.
# What happens: iscrowd becomes 0 in every slice. A mask in run lengths is said to be skipped, and then its box is written as a polygon,
# with the box's area. COCO's rules ask no detector to find a crowd; in the sliced set each must be found, as a box that nothing fills.
# A detector that finds the ordinary objects as well as can be has AP 1 before and 0.66 after.
# Versions: sahi 0.12.8, shapely 2.2.0, pycocotools 2.0.11, numpy 2.2.6, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet sahi==0.12.8 shapely==2.2.0 pycocotools==2.0.11 numpy==2.2.6

cat > expected << 'END'
square: polygon, iscrowd 0, area 100; in the slice polygon, iscrowd 0, area 100
ring: RLE, iscrowd 0, area 144; in the slice polygon, iscrowd 0, area 400
crowd: RLE, iscrowd 1, area 1200; in the slice polygon, iscrowd 0, area 3600
AP where all but the crowd is found: 1.00; in the slice 0.66
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import contextlib, io, json
from pathlib import Path
import numpy as np
from PIL import Image
from pycocotools import mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from sahi.slicing import slice_coco

square, ring = [(1, 5, 5, 10, 10)], [(1, 40, 5, 20, 20), (0, 42, 7, 16, 16)]
annotations = []
for key, parts in enumerate((square, ring, [(1, 5, 50, 20, 20), (1, 35, 50, 20, 20), (1, 75, 70, 20, 20)]), 1):
    pixels = np.zeros((100, 100), np.uint8, order="F")
    for value, x, y, w, h in parts:
        pixels[y : y + h, x : x + w] = value
    rle = mask.encode(pixels)
    shape = [[5, 5, 15, 5, 15, 15, 5, 15]] if key == 1 else rle | {"counts": rle["counts"].decode()}
    one = {"id": key, "image_id": 1, "category_id": 1, "iscrowd": int(key == 3), "segmentation": shape}
    annotations.append(one | {"area": int(mask.area(rle)), "bbox": mask.toBbox(rle).tolist()})
image, category = {"id": 1, "file_name": "a.png", "width": 100, "height": 100}, {"id": 1, "name": "nut"}
Path("before.json").write_text(json.dumps({"images": [image], "categories": [category], "annotations": annotations}))
Image.new("RGB", (100, 100)).save("a.png")
slice_coco("before.json", ".", "after", ".", slice_height=100, slice_width=100)
texts, figures = [], []
for path in ("before.json", "after_coco.json"):
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(path)
        found = [{"image_id": 1, "category_id": 1, "bbox": coco.anns[i]["bbox"], "score": 0.9} for i in (1, 2)]
        figures.append(COCOeval(coco, coco.loadRes(found), "bbox"))
        figures[-1].evaluate(), figures[-1].accumulate(), figures[-1].summarize()
    kinds = ["RLE" if isinstance(a["segmentation"], dict) else "polygon" for a in coco.anns.values()]
    texts.append([f"{kind}, iscrowd {a['iscrowd']}, area {a['area']}" for kind, a in zip(kinds, coco.anns.values())])
for name, *two in zip(["square", "ring", "crowd"], *texts):
    print(f"{name}: {two[0]}; in the slice {two[1]}")
print("AP where all but the crowd is found: {:.2f}; in the slice {:.2f}".format(*(each.stats[0] for each in figures)))
END
cat seen
diff expected seen
