"""Writes Tests/Goldens/SAM/everything: what segment-anything's automatic mask generator keeps of given logits and scores.

Made with: python 3.11, torch 2.15.0, pillow 13.0.0, numpy 2.4.6, scipy 1.17.1, pycocotools 2.0.11, safetensors 0.8.0 (CPU, float32).
Run from the package root:  python Tests/Goldens/Scripts/sam_everything.py
With --model FOLDER --picture FILE it prints what the generator finds with a real model (transformers 5.23.0) instead.

The generator is written here from the behaviour of the published one: its thresholds and comparisons, its order, its two rounds of suppression.
A random model's masks all cover the whole picture, and a trained model would tie the golden to its weights: so the decoder's answers are made
up, blobs round the objects of an imagined scene, and are stored with the results.
"""

import itertools
import argparse
import json
import math
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from pycocotools import mask as coco
from scipy import ndimage
from safetensors.torch import save_file

torch.set_num_threads(1)
OUT = pathlib.Path(__file__).parent.parent / "SAM" / "everything"
EIGHT = np.ones((3, 3), dtype=int)

SIZE = (150, 110)  # of the imagined picture, width first
SIDE = 64  # of the imagined model's input; its masks are a quarter of that

# name: settings that differ from the defaults
RUNS = {
    "default": dict(points=7),
    "loose": dict(points=7, iou=0.5, stability=0.8, offset=0.5, box_nms=0.5),
    "crops": dict(points=8, layers=1, downscale=2, iou=0.8, stability=0.9),
    "regions": dict(points=8, layers=1, downscale=2, iou=0.8, stability=0.9, min_area=40),
}


def nms(boxes, scores, threshold):
    """Indices kept, best first; float32 as torchvision, stable for equal scores."""
    boxes, scores = np.asarray(boxes, np.float32).reshape(-1, 4), np.asarray(scores, np.float32)
    order = np.argsort(-scores, kind="stable")
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept, dropped = [], np.zeros(len(boxes), bool)
    for n, i in enumerate(order):
        if dropped[i]:
            continue
        kept.append(int(i))
        for j in order[n + 1 :]:
            low, high = np.maximum(boxes[i, :2], boxes[j, :2]), np.minimum(boxes[i, 2:], boxes[j, 2:])
            sides = np.maximum(high - low, np.float32(0))
            shared = sides[0] * sides[1]
            with np.errstate(invalid="ignore"):
                dropped[j] |= float(shared / (area[i] + area[j] - shared)) > threshold
    return kept


def box_of(mask):
    """First and last column and row, both inclusive; zeros for an empty mask."""
    ys, xs = np.nonzero(mask)
    return [int(xs.min()), int(ys.min()), int(xs.max()), int(ys.max())] if len(xs) else [0, 0, 0, 0]


def crop_boxes(width, height, layers):
    boxes = [(0, (0, 0, width, height))]
    for layer in range(1, layers + 1):
        count = 2**layer
        overlap = int(512 / 1500 * min(width, height) * (2 / count))
        w, h = (int(math.ceil((overlap * (count - 1) + side) / count)) for side in (width, height))
        for x, y in itertools.product([(w - overlap) * i for i in range(count)], [(h - overlap) * i for i in range(count)]):
            boxes.append((layer, (x, y, min(x + w, width), min(y + h, height))))
    return boxes


def small_regions(mask, limit):
    changed = False
    labels, count = ndimage.label(~mask, EIGHT)
    small = [i for i in range(1, count + 1) if (labels == i).sum() < limit]
    if small:
        mask, changed = mask | np.isin(labels, small), True
    labels, count = ndimage.label(mask, EIGHT)
    sizes = [int((labels == i).sum()) for i in range(1, count + 1)]
    if any(size < limit for size in sizes):
        large = [i + 1 for i, size in enumerate(sizes) if size >= limit] or [int(np.argmax(sizes)) + 1]
        mask, changed = np.isin(labels, large), True
    return mask, changed


def frame(width, height, side):
    scale = side / max(width, height)
    return int(width * scale + 0.5), int(height * scale + 0.5)


def generate(answer, size, side, points=32, iou=0.88, stability=0.95, offset=1.0, box_nms=0.7, crop_nms=0.7, layers=0, downscale=1, min_area=0):
    """`answer(crop, points)` gives low-resolution logits [P, M, h, w] and scores [P, M] for points in the crop's pixels."""
    width, height = size
    found, margins = [], []
    boxes = crop_boxes(width, height, layers)
    for layer, (x0, y0, x1, y1) in boxes:
        w, h = x1 - x0, y1 - y0
        new_w, new_h = frame(w, h, side)
        n = int(points / downscale**layer)
        side_points = np.linspace(1 / (2 * n), 1 - 1 / (2 * n), n)
        grid = np.array([[x * w, y * h] for y in side_points for x in side_points])
        here = []
        for start in range(0, len(grid), 64):
            batch = grid[start : start + 64]
            low, scores = answer((x0, y0, x1, y1), batch)
            logits = F.interpolate(low, (side, side), mode="bilinear", align_corners=False)
            logits = F.interpolate(logits[..., :new_h, :new_w], (h, w), mode="bilinear", align_corners=False)
            for p, point in enumerate(batch):
                for m in range(logits.shape[1]):
                    score, values = float(scores[p, m]), logits[p, m]
                    margins.append(abs(score - iou))
                    if not np.float32(score) > np.float32(iou):
                        continue
                    high, low = int((values > offset).sum()), int((values > -offset).sum())
                    if low == 0:
                        continue
                    margins.append(abs(high / low - stability))
                    if not np.float32(high) / np.float32(low) >= np.float32(stability):
                        continue
                    mask = (values > 0).numpy()
                    box = np.array(box_of(mask)) + [x0, y0, x0, y0]
                    near = np.abs(box - [x0, y0, x1, y1]) <= 20
                    if (near & ~(np.abs(box - [0, 0, width, height]) <= 20)).any():
                        continue
                    whole = np.zeros((height, width), bool)
                    whole[y0:y1, x0:x1] = mask
                    here.append(dict(mask=whole, box=box.tolist(), iou=score, stability=high / low, point=(point + [x0, y0]).tolist(), crop=[x0, y0, x1, y1]))
        found += [here[i] for i in nms([f["box"] for f in here], [f["iou"] for f in here], box_nms)]
    if len(boxes) > 1:
        areas = [(f["crop"][2] - f["crop"][0]) * (f["crop"][3] - f["crop"][1]) for f in found]
        found = [found[i] for i in nms([f["box"] for f in found], [1 / a for a in areas], crop_nms)]
    if min_area:
        cleaned = [small_regions(f["mask"], min_area) for f in found]
        kept = nms([box_of(m) for m, _ in cleaned], [0.0 if changed else 1.0 for _, changed in cleaned], max(box_nms, crop_nms))
        found = [found[i] | dict(mask=cleaned[i][0]) for i in kept]
    print("  closest to a threshold:", min(margins), file=sys.stderr)
    return found


class Scene:
    """Ellipses, some with a hole or a speck beside them; a point's answers are a part, the whole, and the whole with what touches it."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        w, h = SIZE
        self.objects = [(self.rng.uniform(0, w), self.rng.uniform(0, h), self.rng.uniform(8, 30), self.rng.uniform(8, 30)) for _ in range(9)]
        self.tensors = {}

    def field(self, o, x, y):
        """Above zero inside the ellipse."""
        return 1 - np.hypot((x - o[0]) / o[2], (y - o[1]) / o[3])

    def answer(self, crop, points):
        x0, y0, x1, y1 = crop
        new_w, new_h = frame(x1 - x0, y1 - y0, SIDE)
        low = SIDE // 4
        x = x0 + (np.arange(low) + 0.5) * 4 * (x1 - x0) / new_w
        y = y0 + (np.arange(low) + 0.5) * 4 * (y1 - y0) / new_h
        x, y = np.meshgrid(x, y)
        logits, scores = [], []
        for px, py in points + [x0, y0]:
            best = max(self.objects, key=lambda o: self.field(o, px, py))
            inside = self.field(best, px, py) > 0
            whole = self.field(best, x, y)
            part = np.minimum(whole, 0.6 - np.hypot(x - px, y - py) / 20)
            both = np.maximum.reduce([self.field(o, x, y) for o in self.objects if np.hypot(o[0] - best[0], o[1] - best[1]) < 45])
            if inside and self.rng.uniform() < 0.4:
                hx, hy = self.rng.uniform(0, low, 2).astype(int)
                whole[hy, hx] = -whole[hy, hx]
            sharpness = self.rng.choice([15, 60, 150], 3)
            logits.append([f * s + self.rng.normal(0, 0.05, f.shape) for f, s in zip([part, whole, both], sharpness)])
            scores.append(self.rng.uniform(0.8, 1.05, 3) if inside else self.rng.uniform(0.2, 0.9, 3))
        # As float16, so that the file is small and both sides start from the same numbers.
        logits, scores = torch.tensor(np.array(logits)).to(torch.float16), torch.tensor(np.array(scores)).to(torch.float16)
        key = "x".join(map(str, crop))
        self.tensors[f"{key}.logits"], self.tensors[f"{key}.scores"] = logits, scores
        self.tensors[f"{key}.points"] = torch.tensor(points, dtype=torch.float32)
        return logits.float(), scores.float()


def record(f):
    counts = coco.encode(np.asfortranarray(f["mask"].astype(np.uint8)))["counts"].decode()
    return dict(counts=counts, iou=f["iou"], stability=f["stability"], point=f["point"], crop=f["crop"])


def with_model(folder, path):
    from transformers import SamModel
    from transformers.models.sam.image_processing_pil_sam import SamImageProcessorPil

    model = SamModel.from_pretrained(folder, dtype=torch.float32).eval()
    processor = SamImageProcessorPil.from_pretrained(folder)
    picture = np.array(Image.open(path).convert("RGB"))
    encoded = {}

    def answer(crop, points):
        x0, y0, x1, y1 = crop
        if crop not in encoded:
            encoded[crop] = model.get_image_embeddings(processor(Image.fromarray(picture[y0:y1, x0:x1]), return_tensors="pt")["pixel_values"])
        new = np.array(frame(x1 - x0, y1 - y0, processor.size["longest_edge"])) / [x1 - x0, y1 - y0]
        scaled = torch.tensor(points * new)[None, :, None]
        out = model(image_embeddings=encoded[crop], input_points=scaled, input_labels=torch.ones(scaled.shape[:3], dtype=torch.int))
        return out.pred_masks[0], out.iou_scores[0]

    return answer, picture.shape[1::-1], processor.size["longest_edge"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--model")
    parser.add_argument("--picture")
    parser.add_argument("--settings", type=json.loads, default={})
    options = parser.parse_args()
    with torch.no_grad():
        if options.model:
            print(json.dumps([record(f) for f in generate(*with_model(options.model, options.picture), **options.settings)]))
            raise SystemExit
        OUT.mkdir(parents=True, exist_ok=True)
        results = {}
        for seed, (name, settings) in enumerate(RUNS.items()):
            scene = Scene(seed + 10)
            found = generate(scene.answer, SIZE, SIDE, **settings)
            results[name] = dict(settings=settings, found=[record(f) for f in found])
            save_file(scene.tensors, OUT / f"{name}.safetensors")
            (OUT / f"{name}.safetensors").chmod(0o644)
            print(name, len(found))
    (OUT / "found.json").write_text(json.dumps(dict(width=SIZE[0], height=SIZE[1], side=SIDE, runs=results), indent=0) + "\n")
