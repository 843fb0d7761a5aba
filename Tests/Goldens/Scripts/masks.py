"""Goldens for masks: run lengths, polygons, connected parts, small regions, nearest resizing.

Python 3.11, numpy 2.x, pycocotools 2.0.11, scipy 1.17.1, opencv-python-headless 5.0.0.93, pillow 13.0.0
    python Tests/Goldens/Scripts/masks.py
"""

import json
import pathlib

import cv2
import numpy as np
from PIL import Image
from pycocotools import mask as coco
from scipy import ndimage

OUT = pathlib.Path(__file__).resolve().parents[1] / "Masks"
rng = np.random.default_rng(20260521)


def write(name, rows):
    """One record a line, so that a change can be read."""
    text = "[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n"
    (OUT / name).write_text(text)
    print(name, len(rows), len(text))


def compressed(mask):
    return coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()


def packed(mask):
    """Row-wise bits, the first pixel the highest, as hexadecimal digits."""
    return np.packbits(mask.astype(bool).ravel()).tobytes().hex()


def blobs(h, w):
    """Smooth shapes with holes and parts, and now and then some speckle."""
    noise = ndimage.gaussian_filter(rng.normal(size=(h, w)), rng.uniform(0.5, max(h, w) / 12 + 0.6))
    mask = noise > np.quantile(noise, rng.uniform(0.2, 0.9))
    if rng.random() < 0.4:
        mask ^= rng.random((h, w)) < 0.02
    return mask


def sample(i, largest=90):
    h, w = (int(rng.integers(1, largest)) for _ in range(2))
    if i % 4 == 0:
        return rng.random((h, w)) < i % 9 / 8
    return blobs(h, w)


def rle():
    rows = []
    for i in range(60):
        m = sample(i)
        rows.append({"size": list(m.shape), "bits": packed(m), "counts": compressed(m)})
    for h, w, fill in [(1, 1, 0), (1, 1, 1), (64, 64, 1), (65, 63, 1), (3, 200, 0)]:
        m = np.full((h, w), fill)
        rows.append({"size": [h, w], "bits": packed(m), "counts": compressed(m)})
    big = np.zeros((1200, 1600))  # counts of several groups, differences of both signs
    yy, xx = np.mgrid[0:1200, 0:1600]
    big[(xx - 700) ** 2 + (yy - 500) ** 2 < 400**2] = 1
    rows.append({"size": [1200, 1600], "disc": [700, 500, 400], "counts": compressed(big)})
    write("rle.json", rows)


def polygons():
    rows = []
    for i in range(2500):
        h, w = (int(rng.integers(1, 60)) for _ in range(2))
        rings = []
        for _ in range(1 if rng.random() < 0.8 else int(rng.integers(2, 4))):
            n = int(rng.integers(3, 9))
            kind = i % 5
            if kind == 0:  # anywhere, partly outside
                xy = rng.uniform(-0.5, 1.5, (n, 2)) * [w, h]
            elif kind == 1:  # whole pixels, so that edges lie on pixel borders
                xy = rng.integers(-2, [w + 3, h + 3], (n, 2))
            elif kind == 2:  # an outline around a point
                t = np.sort(rng.uniform(0, 2 * np.pi, n))
                r = rng.uniform(0.2, 0.6, n)
                xy = np.stack([(0.5 + r * np.cos(t)) * w, (0.5 + r * np.sin(t)) * h], 1)
            elif kind == 3:  # tenths: ties of the grid five times as fine
                xy = rng.integers(0, [10 * w + 1, 10 * h + 1], (n, 2)) / 10
            else:  # far outside
                xy = rng.normal(0, 300, (n, 2))
            xy = np.round(xy, 2)
            rings.append([float(v) for v in xy.ravel()])
        merged = coco.merge(coco.frPyObjects(rings, h, w))
        tidy = [[int(v) if v == int(v) else v for v in ring] for ring in rings]
        rows.append({"size": [h, w], "rings": tidy, "counts": compressed(coco.decode(merged))})
    write("polygons.json", rows)


def components():
    rows = []
    for i in range(48):
        m = sample(i)
        row = {"size": list(m.shape), "counts": compressed(m)}
        for name, structure in [("four", None), ("eight", np.ones((3, 3)))]:
            labels, n = ndimage.label(m, structure)
            # Numbered by first pixel in row order, whatever order scipy chose.
            firsts = {int(l): i for i, l in reversed(list(enumerate(labels.ravel()))) if l}
            order = sorted(firsts, key=firsts.get)
            boxes = ndimage.find_objects(labels)
            row[name] = [
                [int((labels == l).sum()), boxes[l - 1][1].start, boxes[l - 1][0].start, boxes[l - 1][1].stop, boxes[l - 1][0].stop]
                for l in order
            ]
        rows.append(row)
    write("components.json", rows)


def remove_small_regions(mask, area_thresh, mode):
    """What segment_anything.utils.amg.remove_small_regions computes, in OpenCV's words."""
    working = (mask != (0 if mode == "islands" else 1)).astype(np.uint8)
    count, regions, stats, _ = cv2.connectedComponentsWithStats(working, 8)
    sizes = stats[1:, -1]
    small = [i + 1 for i, s in enumerate(sizes) if s < area_thresh]
    if not small:
        return mask, False
    if mode == "holes":
        return np.isin(regions, [0] + small), True
    keep = [i for i in range(1, count) if i not in small] or [int(np.argmax(sizes)) + 1]
    return np.isin(regions, keep), True


def small_regions():
    rows = []
    for i in range(60):
        m = sample(i, 60)
        threshold = int(rng.choice([1, 2, 4, 10, 30, 5000]))
        row = {"size": list(m.shape), "counts": compressed(m), "area": threshold}
        for mode in ["holes", "islands"]:
            out, changed = remove_small_regions(m, threshold, mode)
            row[mode] = [compressed(out), bool(changed)]
        rows.append(row)
    write("small-regions.json", rows)


def nearest():
    rows = []
    for i in range(300):
        a, b = (int(rng.integers(1, 3000 if i % 3 else 40)) for _ in range(2))
        ramp = Image.fromarray(np.arange(a, dtype=np.int32)[None])
        got = np.asarray(ramp.resize((b, 1), Image.Resampling.NEAREST))[0]
        # A fingerprint of the list of positions that any slip changes.
        total = 0
        for position in got.tolist():
            total = (total * 31 + position) % 1_000_000_007
        rows.append([a, b, total])
    write("nearest.json", rows)


def annotations():
    """A COCO file with every kind of segmentation, and what pycocotools makes of each."""
    images, rows, expected = [], [], []
    for i in range(4):
        h, w = (int(rng.integers(20, 80)) for _ in range(2))
        images.append({"id": 10 + i, "file_name": f"folder/{i} é.jpg", "height": h, "width": w, "license": 1})
        for kind in ["polygons", "text", "list"]:
            m = blobs(h, w)
            if kind == "polygons":
                rings = [np.round(rng.uniform(0, 1, (5, 2)) * [w, h], 2).ravel().tolist() for _ in range(2)]
                segmentation = rings
                rle = coco.merge(coco.frPyObjects(rings, h, w))
            else:
                rle = coco.encode(np.asfortranarray(m.astype(np.uint8)))
                segmentation = {"size": [h, w], "counts": rle["counts"].decode()}
                if kind == "list":
                    flat = m.ravel(order="F").astype(int)
                    edges = np.flatnonzero(np.diff(np.concatenate([[0], flat]))).tolist() + [h * w]
                    segmentation["counts"] = np.diff([0, *edges]).tolist()
            rows.append({
                "id": 100 + len(rows), "image_id": 10 + i, "category_id": 3 + 4 * (i % 2), "iscrowd": int(kind == "list"),
                "segmentation": segmentation, "area": float(coco.area(rle)), "bbox": coco.toBbox(rle).tolist(), "score": round(rng.random(), 3),
                "attributes": {"occluded": False},
            })
            expected.append(compressed(coco.decode(rle)))
    top = {
        "info": {"year": 2026}, "licenses": [{"id": 1}], "images": images, "annotations": rows,
        "categories": [{"id": 3, "name": "mug", "supercategory": "kitchen"}, {"id": 7, "name": "boot"}], "expected": expected,
    }
    (OUT / "annotations.json").write_text(json.dumps(top, separators=(",", ":"), ensure_ascii=False).replace('{"id"', '\n{"id"') + "\n")


OUT.mkdir(exist_ok=True)
rle()
polygons()
components()
small_regions()
nearest()
annotations()
