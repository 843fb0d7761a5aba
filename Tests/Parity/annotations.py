"""Reads what `spaniel annotations convert` writes with the formats' own programs, and the other way round, to the pixel.

    python annotations.py --spaniel PATH [--sets N]

COCO: pycocotools. LabelMe: labelme's LabelFile and shapes. CVAT: datumaro, which CVAT itself reads and writes it with. Label Studio: the brush
converter of its SDK. YOLO and Pascal VOC are texts: read here by their definitions. A reader that is not installed is said to be left out.
"""

import argparse
import contextlib
import importlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import numpy as np
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

NAMES = ["mug", "Stiefel é", "绿植物", "a \"quoted\" <tag> & 'more'"]


def encode(mask):
    rle = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": [int(v) for v in rle["size"]], "counts": rle["counts"].decode()}


def blob(rng, h, w):
    """A few discs with bites taken out, some speckle; at least one pixel."""
    y, x = np.mgrid[:h, :w]
    mask = np.zeros((h, w), bool)
    for i in range(int(rng.integers(1, 8))):
        disc = (x - rng.integers(-5, w + 5)) ** 2 + (y - rng.integers(-5, h + 5)) ** 2 <= rng.integers(1, max(2, min(h, w) // 2) + 1) ** 2
        mask = mask & ~disc if i % 3 == 2 else mask | disc
    mask ^= rng.random((h, w)) < rng.choice([0, 0.02])
    if not mask.any():
        mask[rng.integers(h), rng.integers(w)] = True
    return mask


def random_set(rng, folder):
    """A COCO file of masks, its pictures, and the masks by picture."""
    (folder / "images").mkdir()
    images, annotations, masks = [], [], {}
    for i in range(6):
        h, w = (int(rng.integers(1, 120)) for _ in range(2))
        name = ["a.jpg", "ü 2.png", "none.png", "b.c.jpg", "d.png", "e.png"][i]
        Image.new("RGB", (w, h)).save(folder / "images" / name)
        images.append({"id": i + 1, "file_name": name, "width": w, "height": h})
        masks[name] = []
        for _ in range(0 if i == 2 else int(rng.integers(1, 5))):
            mask, label = blob(rng, h, w), int(rng.integers(1, 5))
            rle = encode(mask)
            annotations.append({
                "id": len(annotations) + 1, "image_id": i + 1, "category_id": label, "iscrowd": 0, "segmentation": rle,
                "area": float(mask.sum()), "bbox": [float(v) for v in coco_mask.toBbox(rle)]})
            masks[name].append((NAMES[label - 1], mask))
    coco = {"images": images, "annotations": annotations, "categories": [{"id": k + 1, "name": n} for k, n in enumerate(NAMES)]}
    (folder / "truth.json").write_text(json.dumps(coco))
    return coco, masks


def same(found, expected):
    return len(found) == len(expected) and all(a[0] == b[0] and np.array_equal(a[1], b[1]) for a, b in zip(found, expected))


def box_of(mask):
    ys, xs = np.where(mask)
    return [int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1]


# Each reader gives {picture: [(class, mask)]}, or boxes where the format holds only those.


def read_coco(path, images):
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(path))
    names = {c["id"]: c["name"] for c in coco.loadCats(coco.getCatIds())}
    return {
        i["file_name"]: [(names[a["category_id"]], coco.annToMask(a).astype(bool)) for a in coco.loadAnns(coco.getAnnIds(imgIds=[i["id"]]))]
        for i in coco.loadImgs(coco.getImgIds())
    }


def read_labelme(path, images):
    from labelme import LabelFile
    from labelme.utils import shape_to_mask
    from loguru import logger

    logger.disable("labelme")
    found = {}
    for file in path.rglob("*.json"):
        label_file = LabelFile(str(file))
        width, height = images[label_file.image_path]
        rows = []
        for shape in label_file.shapes:
            if shape["shape_type"] == "mask":
                (x1, y1), (x2, y2) = np.asarray(shape["points"]).astype(int)
                mask = np.zeros((height, width), bool)
                mask[y1 : y2 + 1, x1 : x2 + 1] = shape["mask"]  # as labelme's shapes_to_label has it
            else:
                mask = shape_to_mask((height, width), shape["points"], shape["shape_type"])
            rows.append((shape["label"], mask))
        found[label_file.image_path] = rows
    return found


def read_cvat(path, images):
    from datumaro.plugins.data_formats.cvat.base import CvatBase

    base = CvatBase(str(path))
    labels = next(iter(base.categories().values())) if not hasattr(base.categories(), "items") else list(base.categories().values())[0]
    found = {}
    for item in base:
        height, width = item.media.size
        rows = []
        for a in item.annotations:
            if a.type.name == "mask":
                mask = np.asarray(a.image).astype(bool)
            else:
                rings = [list(map(float, a.points))]
                mask = coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(rings, height, width))).astype(bool)
            rows.append((labels[a.label].name, mask))
        name = next(n for n in images if pathlib.PurePath(n).with_suffix("").name == pathlib.PurePath(item.id).name or n == item.id)
        found[name] = rows
    return found


def read_label_studio(path, images):
    from label_studio_sdk.converter.brush import decode_rle

    found = {}
    for task in json.loads(path.read_text()):
        rows = []
        for result in task["annotations"][0]["result"]:
            width, height, value = result["original_width"], result["original_height"], result["value"]
            if result["type"] == "brushlabels":
                mask = decode_rle(value["rle"]).reshape(height, width, 4)[:, :, 3] > 0
            else:
                ring = (np.array(value["points"]) / 100 * [width, height]).round(6).ravel().tolist()
                mask = coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects([ring], height, width))).astype(bool)
            rows.append((value[result["type"]][0], mask))
        found[task["data"]["image"]] = rows
    return found


def read_yolo(path, images):
    import yaml

    names = yaml.safe_load((path / "data.yaml").read_text())["names"]
    found = {}
    for name, (width, height) in images.items():
        rows = []
        for line in (path / "labels" / name).with_suffix(".txt").read_text().splitlines():
            label, *numbers = line.split()
            ring = (np.array(numbers, float).reshape(-1, 2) * [width, height]).round(6).ravel().tolist()
            mask = coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects([ring], height, width))).astype(bool)
            rows.append((names[int(label)], mask))
        found[name] = rows
    return found


def read_voc(path, images):
    found = {}
    for file in (path / "Annotations").rglob("*.xml"):
        root = ElementTree.parse(file).getroot()
        rows = []
        for o in root.iter("object"):
            x1, y1, x2, y2 = (int(o.find("bndbox").find(k).text) for k in ("xmin", "ymin", "xmax", "ymax"))
            rows.append((o.find("name").text, np.array([x1 - 1, y1 - 1, x2, y2])))
        found[root.find("filename").text] = rows
    return found


FORMATS = {
    "coco": (read_coco, None, False), "labelme": (read_labelme, "labelme", True),
    "cvat": (read_cvat, "datumaro.plugins.data_formats.cvat.base", False),
    "labelstudio": (read_label_studio, "label_studio_sdk.converter.brush", False), "yolo": (read_yolo, "yaml", True),
    "voc": (read_voc, None, True),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--spaniel", required=True)
    parser.add_argument("--sets", type=int, default=5)
    arguments = parser.parse_args()
    tool = str(pathlib.Path(arguments.spaniel).resolve())
    failures = 0
    for name, (read, module, is_folder) in FORMATS.items():
        try:
            if module:
                importlib.import_module(module)
        except Exception as error:  # also what is there but lacks a library of its own
            print(f"  {name}: left out, {module} cannot be used ({error})")
            continue
        passed = objects = 0
        for seed in range(arguments.sets):
            with tempfile.TemporaryDirectory() as temporary:
                folder = pathlib.Path(temporary)
                coco, masks = random_set(np.random.default_rng(seed), folder)
                images = {i["file_name"]: (i["width"], i["height"]) for i in coco["images"]}
                # labelme wants the pictures beside its files.
                out = folder / "images" if name == "labelme" else folder / ("out" if is_folder else "out.file")
                subprocess.run([tool, "annotations", "convert", f"coco:{folder / 'truth.json'}", f"{name}:{out}", "--quiet"], check=True)
                found = read(out, images)
                if name == "voc":
                    expected = {k: [(label, np.array(box_of(m))) for label, m in rows] for k, rows in masks.items()}
                else:
                    expected = masks
                good = all(same(found.get(picture, []), rows) for picture, rows in expected.items())
                # And back: what the format holds is what came in.
                pictures = ["--pictures", str(folder / "images")] if name == "yolo" else []
                back = folder / "back.json"
                subprocess.run([tool, "annotations", "convert", f"{name}:{out}", f"coco:{back}", "--quiet", *pictures], check=True)
                if name != "voc":
                    again = read_coco(back, images)
                    prefix = "images/" if name == "yolo" else ""
                    good &= all(same(again.get(prefix + picture, []), rows) for picture, rows in masks.items())
                passed += good
                objects += len(coco["annotations"])
        failures += passed != arguments.sets
        print(f"  {name}: {passed} of {arguments.sets} sets, {objects} objects, to the pixel{'' if passed == arguments.sets else '   FAILS'}")
    print("annotations:", "passes" if failures == 0 else f"FAILS, {failures} formats")
    sys.exit(failures > 0)


main()
