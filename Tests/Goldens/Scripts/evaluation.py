"""Goldens for evaluation: COCO's twelve figures for boxes and masks, over all classes and for each.

Python 3.11, numpy 2.4.6, pycocotools 2.0.11
    python Tests/Goldens/Scripts/evaluation.py
"""

import contextlib
import copy
import io
import json
import pathlib

import numpy as np
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

OUT = pathlib.Path(__file__).resolve().parents[1] / "Evaluation"
rng = np.random.default_rng(20260601)


def encode(mask):
    rle = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": [int(v) for v in rle["size"]], "counts": rle["counts"].decode()}


def box(width, height, whole):
    # Sides from a few pixels to most of the picture, so that small, medium and large objects all occur.
    w, h = (float(min(s, np.exp(rng.uniform(np.log(4), np.log(s))))) for s in (width, height))
    b = [float(rng.uniform(0, width - w)), float(rng.uniform(0, height - h)), w, h]
    return [float(max(1, round(v))) if whole else round(v, 2) for v in b]


def drawn(b, width, height, rough):
    """An ellipse in a box, sometimes with a hole, sometimes with speckle."""
    y, x = np.mgrid[:height, :width] + 0.5
    r = ((x - b[0] - b[2] / 2) / (b[2] / 2)) ** 2 + ((y - b[1] - b[3] / 2) / (b[3] / 2)) ** 2
    mask = (r <= 1) & ((r > 0.1) | (rng.random() < 0.5))
    if rough:
        mask &= rng.random(mask.shape) < 0.95
    return mask


def case(name, pictures=6, classes=3, truths=4, found=6, crowds=0.0, ties=False, whole=False, masks=False, boxes_too=True, side=150):
    images = [
        {"id": 10 * i + 3, "file_name": f"{i}.jpg", "width": int(rng.integers(side - 30, side)), "height": int(rng.integers(side - 30, side))}
        for i in range(pictures)
    ]
    categories = [{"id": 2 * i + 1, "name": f"class {i}"} for i in range(classes)]
    annotations, results = [], []
    for image in images:
        w, h = image["width"], image["height"]
        for _ in range(int(rng.integers(0, truths + 1))):
            b = box(w, h, whole)
            crowd = bool(rng.random() < crowds)
            truth = {
                "id": len(annotations) + 1, "image_id": image["id"], "category_id": int(rng.choice(categories[: max(1, classes - 1)])["id"]),
                "bbox": b, "area": b[2] * b[3], "iscrowd": int(crowd),
            }
            if masks:
                m = drawn(b, w, h, False)
                if not m.any():
                    continue
                rle = encode(m)
                truth["segmentation"] = rle
                truth["area"] = float(m.sum())
                truth["bbox"] = [float(v) for v in coco_mask.toBbox(rle)]
            annotations.append(truth)
        own = [a for a in annotations if a["image_id"] == image["id"]]
        for _ in range(int(rng.integers(0, found + 1))):
            if own and rng.random() < 0.7:
                like = own[int(rng.integers(len(own)))]
                b = [max(0.5, v + float(rng.normal(0, 0.06 * max(like["bbox"][2:])))) for v in like["bbox"]]
                label = like["category_id"] if rng.random() < 0.9 else int(rng.choice(categories)["id"])
            else:
                b, label = box(w, h, whole), int(rng.choice(categories)["id"])
            b = [float(round(v)) if whole else round(v, 2) for v in b]
            score = float(rng.choice([0.2, 0.5, 0.8])) if ties else round(float(rng.random()), 4)
            result = {"image_id": image["id"], "category_id": label, "score": score}
            if masks:
                m = drawn([b[0], b[1], max(1, b[2]), max(1, b[3])], w, h, True)
                result["segmentation"] = encode(m)
                if boxes_too:
                    result["bbox"] = [float(v) for v in coco_mask.toBbox(result["segmentation"])]
            else:
                result["bbox"] = b
            results.append(result)
    return {
        "name": name, "truth": {"images": images, "annotations": annotations, "categories": categories}, "results": results,
        "kinds": ["bbox", "segm"] if masks else ["bbox"],
    }


def figures(truth, results, kind, category=None):
    with contextlib.redirect_stdout(io.StringIO()):
        gt = COCO()
        gt.dataset = copy.deepcopy(truth)
        gt.createIndex()
        if results:
            dt = gt.loadRes(copy.deepcopy(results))
        else:  # loadRes refuses an empty list
            dt = COCO()
            dt.dataset = {"images": truth["images"], "categories": truth["categories"], "annotations": []}
            dt.createIndex()
        e = COCOeval(gt, dt, kind)
        if category is not None:
            e.params.catIds = [category]
        e.evaluate()
        e.accumulate()
        e.summarize()
    return [float(v) for v in e.stats]


def cases():
    yield case("boxes")
    yield case("whole boxes, many of one overlap and score", ties=True, whole=True, found=10)
    yield case("crowds", crowds=0.4, truths=6, found=10)
    yield case("nothing found", found=0)
    yield case("nothing to find", truths=0)
    yield case("more than a hundred found in one picture", pictures=2, classes=2, truths=12, found=260)
    yield case("masks", masks=True, boxes_too=False, pictures=5)
    yield case("masks and boxes", masks=True, pictures=5, crowds=0.2)
    yield case("masks of equal scores", masks=True, ties=True, pictures=4, side=90)
    yield case("large and small", side=400, pictures=8, truths=8, found=14)
    empty = case("a mask without a pixel among the found", masks=True, boxes_too=False, pictures=3)
    image = empty["truth"]["images"][0]
    mask = encode(np.zeros((image["height"], image["width"])))
    empty["results"].insert(0, {"image_id": image["id"], "category_id": 1, "score": 0.99, "segmentation": mask})
    yield empty


def main():
    OUT.mkdir(exist_ok=True)
    rows = []
    for c in cases():
        c["expected"] = {
            kind: {
                "all": figures(c["truth"], c["results"], kind),
                "classes": [figures(c["truth"], c["results"], kind, k["id"]) for k in c["truth"]["categories"]],
            }
            for kind in c.pop("kinds")
        }
        rows.append(c)
        print(c["name"], len(c["truth"]["annotations"]), len(c["results"]), [round(v, 3) for v in next(iter(c["expected"].values()))["all"]])
    text = "[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n"
    (OUT / "figures.json").write_text(text)
    print(len(text), "bytes")


main()
