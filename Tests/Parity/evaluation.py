"""Compares `spaniel evaluate` with pycocotools on random sets: crowds, ties, empty classes, masks with and without boxes, ids in any order.

    python evaluation.py --spaniel PATH [--sets N] [--pictures N]

Passes: each of the twelve figures within 1e-6, over all classes and for each. With --pictures it also says how long both take on that many.
"""

import argparse
import contextlib
import copy
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

KEYS = ["ap", "ap50", "ap75", "apSmall", "apMedium", "apLarge", "ar1", "ar10", "ar100", "arSmall", "arMedium", "arLarge"]


def outline(b, rng, corners):
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    radius = rng.uniform(0.7, 1, corners)
    x, y = b[0] + b[2] / 2 * (1 + radius * np.cos(angle)), b[1] + b[3] / 2 * (1 + radius * np.sin(angle))
    return np.stack([x, y], 1).ravel().tolist()


def compressed(polygons, image):
    rle = coco_mask.merge(coco_mask.frPyObjects(polygons, image["height"], image["width"]))
    return {"size": [image["height"], image["width"]], "counts": rle["counts"].decode()}


def random_set(rng, pictures, masks, boxes_too=True, classes=5, truths=7, found=20):
    """Labels and results as COCO has them."""
    crowds, ties, whole = rng.random() < 0.5, rng.random() < 0.3, rng.random() < 0.3
    images, annotations, results = [], [], []
    numbers = rng.permutation(pictures)  # equal scores go by the pictures' ids, not by their order in the file
    for i in range(pictures):
        w, h = int(rng.integers(100, 640)), int(rng.integers(100, 480))
        image = {"id": 7 * int(numbers[i]) + 1, "file_name": f"{i}.jpg", "width": w, "height": h}
        images.append(image)

        def box():
            sides = [float(np.exp(rng.uniform(np.log(5), np.log(s)))) for s in (w, h)]
            b = [float(rng.uniform(0, w - sides[0])), float(rng.uniform(0, h - sides[1])), *sides]
            return [float(max(1, round(v))) if whole else round(v, 2) for v in b]

        own = []
        for _ in range(rng.poisson(truths)):
            b, crowd = box(), crowds and rng.random() < 0.15
            truth = {"id": len(annotations) + 1, "image_id": image["id"], "category_id": int(rng.integers(1, classes)) * 3, "bbox": b,
                     "area": round(b[2] * b[3] * 0.7, 1), "iscrowd": int(crowd),
                     "ignore": int(rng.random() < 0.1)}  # pycocotools overwrites it by iscrowd
            if masks:
                rings = [outline(b, rng, int(rng.integers(3, 20))) for _ in range(int(rng.integers(1, 3)))]
                if crowd or rng.random() < 0.3:
                    truth["segmentation"] = compressed(rings, image)
                else:
                    truth["segmentation"] = rings
            annotations.append(truth)
            own.append(truth)
        for _ in range(rng.poisson(found)):
            if own and rng.random() < 0.6:
                like = own[int(rng.integers(len(own)))]
                b = [float(max(1, v + rng.normal(0, 0.08 * max(like["bbox"][2:])))) for v in like["bbox"]]
                label = like["category_id"]
            else:
                b, label = box(), int(rng.integers(1, classes + 1)) * 3
            result = {"image_id": image["id"], "category_id": label, "score": float(rng.integers(1, 5)) / 4 if ties else float(rng.random())}
            if masks:
                result["segmentation"] = compressed([outline(b, rng, 12)], image)
            if boxes_too or not masks:
                result["bbox"] = [float(round(v)) if whole else round(v, 2) for v in b]
            results.append(result)
    categories = [{"id": 3 * k, "name": f"class {k}"} for k in range(1, classes + 1)]
    return {"images": images, "annotations": annotations, "categories": categories}, results


def theirs(truth, results, kind, category=None):
    with contextlib.redirect_stdout(io.StringIO()):
        gt = COCO()
        gt.dataset = copy.deepcopy(truth)
        gt.createIndex()
        e = COCOeval(gt, gt.loadRes(copy.deepcopy(results)), kind)
        if category is not None:
            e.params.catIds = [category]
        e.evaluate()
        e.accumulate()
        e.summarize()
    return [float(v) for v in e.stats]


def ours(tool, truth, results, folder):
    folder = pathlib.Path(folder)
    (folder / "truth.json").write_text(json.dumps(truth))
    (folder / "results.json").write_text(json.dumps(results))
    command = [tool, "evaluate", "--truth", f"coco:{folder / 'truth.json'}", "--predictions", f"coco:{folder / 'results.json'}", "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def difference(figures, expected):
    return max(abs((-1 if figures[key] is None else figures[key]) - value) for key, value in zip(KEYS, expected))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--spaniel", required=True)
    parser.add_argument("--sets", type=int, default=12)
    parser.add_argument("--pictures", type=int)
    arguments = parser.parse_args()
    tool = str(pathlib.Path(arguments.spaniel).resolve())
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(arguments.sets):
            rng = np.random.default_rng(seed)
            masks = seed % 3 > 0
            truth, results = random_set(rng, int(rng.integers(1, 25)), masks, boxes_too=seed % 3 == 1)
            if not results:
                continue
            report = ours(tool, truth, results, folder)
            for kind, name in [("bbox", "boxes")] + ([("segm", "masks")] if masks else []):
                figures = [difference(report[name], theirs(truth, results, kind))]
                for row, category in zip(report[name]["classes"], truth["categories"]):
                    figures.append(difference(row, theirs(truth, results, kind, category["id"])))
                worst = max(worst, *figures)
                print(f"  set {seed}: {name}: AP {report[name]['ap']}, largest difference {max(figures):.1e}")
        if arguments.pictures:
            truth, results = random_set(np.random.default_rng(99), arguments.pictures, True, classes=80, found=36)
            start = time.time()
            report = ours(tool, truth, results, folder)
            middle = time.time()
            expected = [theirs(truth, results, kind) for kind in ("bbox", "segm")]
            end = time.time()
            worst = max(worst, difference(report["boxes"], expected[0]), difference(report["masks"], expected[1]))
            print(f"  {arguments.pictures} pictures, boxes and masks: {middle - start:.1f} s with the files and every other figure, "
                  f"pycocotools {end - middle:.1f} s without the files")
    print("evaluation:", "passes" if worst <= 1e-6 else f"FAILS, {worst}")
    sys.exit(worst > 1e-6)


main()
