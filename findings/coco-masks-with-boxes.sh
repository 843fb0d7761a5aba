#!/bin/sh
# pycocotools gives other mask AP for small and medium objects when the same results also carry the masks' boxes.
#
# Guess: COCOeval(…, "segm") looks at the masks; a `bbox` beside each `segmentation`, tight and right, changes nothing.
# What happens: loadRes takes a results file whose first entry has `bbox` for one of boxes, and each area is then that of the box, also where
# the masks are compared. COCO sorts false findings into small, medium and large by that area: a thin one (a cable, a stem) of 684 pixels
# in a box of 3600 counts against the medium and not the small. Two exports of one model, with boxes and without, cannot be compared by size.
# Versions: pycocotools 2.0.11, faster-coco-eval 1.8.0 (the same), numpy 2.2.6, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet pycocotools==2.0.11 faster-coco-eval==1.8.0 numpy==2.2.6

cat > expected << 'END'
pycocotools: masks alone, AP 0.667, small 0.500, medium 1.000; with their boxes, AP 0.667, small 1.000, medium 0.500
faster-coco-eval: masks alone, AP 0.667, small 0.500, medium 1.000; with their boxes, AP 0.667, small 1.000, medium 0.500
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import contextlib, io, json
import faster_coco_eval
import numpy as np
import pycocotools.coco, pycocotools.cocoeval
from pycocotools import mask

def angle(x, y, long):  # an L whose two strokes are 6 pixels thick
    pixels = np.zeros((200, 200), np.uint8, order="F")
    pixels[y : y + 6, x : x + long] = pixels[y : y + long, x : x + 6] = 1
    runs = mask.encode(pixels)
    return {"image_id": 1, "category_id": 1, "segmentation": runs | {"counts": runs["counts"].decode()}}, runs

(small, runs), (medium, more), (false, _) = angle(10, 10, 60), angle(10, 90, 100), angle(120, 10, 60)
truth = {"images": [{"id": 1, "file_name": "a.png", "width": 200, "height": 200}], "categories": [{"id": 1, "name": "nut"}]}
truth["annotations"] = [one | {"id": i, "iscrowd": 0, "area": int(mask.area(r)), "bbox": mask.toBbox(r).tolist()}
                        for i, (one, r) in enumerate([(small, runs), (medium, more)], 1)]
alone = [false | {"score": 0.9}, small | {"score": 0.8}, medium | {"score": 0.7}]
boxed = [each | {"bbox": mask.toBbox(each["segmentation"]).tolist()} for each in alone]
with open("truth.json", "w") as file:
    json.dump(truth, file)
for name, coco, evaluation in (("pycocotools", pycocotools.coco.COCO, pycocotools.cocoeval.COCOeval),
                               ("faster-coco-eval", faster_coco_eval.COCO, faster_coco_eval.COCOeval_faster)):
    texts = []
    for results in (alone, boxed):
        with contextlib.redirect_stdout(io.StringIO()):
            objects = coco("truth.json")
            figures = evaluation(objects, objects.loadRes(json.loads(json.dumps(results))), "segm")
            figures.evaluate(), figures.accumulate(), figures.summarize()
        texts.append("AP {:.3f}, small {:.3f}, medium {:.3f}".format(*(figures.stats[i] for i in (0, 3, 4))))
    print(f"{name}: masks alone, {texts[0]}; with their boxes, {texts[1]}")
END
cat seen
diff expected seen
