"""Reads with `spaniel annotations convert` what the formats' own tools export: datumaro (CVAT's), Label Studio's SDK, labelme, supervision.

    python exporters.py --spaniel PATH

Each case is a set of known objects, written by a tool in one of its layouts; what comes back must be those objects, box by box, and
what a layout cannot hold must be counted. A tool that is not installed is said to be left out.
"""

import argparse
import contextlib
import io
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
from PIL import Image

warnings.filterwarnings("ignore")
W, H = 120, 80
NAMES = ["bolt", "nut"]
CASES = []


def case(module):
    """Registers a case: a function of a folder that writes it, and gives the argument, the expected boxes and more."""

    def register(function):
        CASES.append((module, function))
        return function

    return register


def picture(path, size=(W, H)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (90, 60, 30)).save(path)


def turned(x1, y1, x2, y2, degrees):
    """The box around a box turned about its center."""
    cx, cy, a = (x1 + x2) / 2, (y1 + y2) / 2, math.radians(degrees)
    corners = [((x - cx) * math.cos(a) - (y - cy) * math.sin(a) + cx, (x - cx) * math.sin(a) + (y - cy) * math.cos(a) + cy)
               for x in (x1, x2) for y in (y1, y2)]
    xs, ys = zip(*corners)
    return min(xs), min(ys), max(xs), max(ys)


# datumaro


def datumaro_set(rotation=False, many=True):
    import datumaro as dm

    image = np.full((H, W, 3), 90, np.uint8)
    first = [
        dm.Bbox(10, 10, 30, 20, label=0, id=1, attributes={"rotation": 30.0} if rotation else {}),
        dm.Polygon([50, 10, 70, 10, 70, 30], label=1, id=2), dm.PolyLine([1, 1, 5, 5], label=0), dm.Points([1, 1, 5, 5], label=0),
    ]
    items = [dm.DatasetItem(id="a b", subset="train", media=dm.Image.from_numpy(image), annotations=first)]
    if many:
        items.append(dm.DatasetItem(id="sub/c", subset="val", media=dm.Image.from_numpy(image), annotations=[dm.Bbox(100, 60, 24, 25.5, label=1)]))
        items.append(dm.DatasetItem(id="empty", subset="train", media=dm.Image.from_numpy(image), annotations=[]))
    return dm.Dataset.from_iterable(items, categories=NAMES, media_type=dm.Image)


BOXES = {"a b": [("bolt", 10, 10, 40, 30), ("nut", 50, 10, 70, 30)], "c": [("nut", 100, 60, 120, 80)], "empty": []}


@case("datumaro")
def datumaro_cvat(folder):
    datumaro_set().export(str(folder / "out"), "cvat", save_media=True)
    return f"cvat:{folder / 'out' / 'train.xml'}", {k: BOXES[k] for k in ("a b", "empty")}, {"left": "no-outline"}


@case("datumaro")
def datumaro_cvat_pictures(folder):
    datumaro_set().export(str(folder / "out"), "cvat", save_media=True)
    return f"cvat:{folder / 'out' / 'val.xml'}", {"c": BOXES["c"]}, {"left": "outside-cut", "pictures": folder / "out" / "images"}


@case("datumaro")
def datumaro_cvat_turned(folder):
    """CVAT writes the angle as an attribute of the element, datumaro as one of the label: put where CVAT has it."""
    datumaro_set(many=False).export(str(folder / "out"), "cvat", save_media=True)
    path = folder / "out" / "train.xml"
    path.write_text(path.read_text().replace('ybr="30.00" z_order', 'ybr="30.00" rotation="30.00" z_order'))
    return f"cvat:{path}", {"a b": [("bolt", *turned(10, 10, 40, 30, 30)), BOXES["a b"][1]]}, {"left": "no-outline"}


@case("datumaro")
def datumaro_coco_turned(folder):
    datumaro_set(rotation=True).export(str(folder / "out"), "coco_instances", save_media=True)
    boxes = {"a b": [("bolt", *turned(10, 10, 40, 30, 30)), BOXES["a b"][1]], "empty": []}
    return f"coco:{folder / 'out' / 'annotations' / 'instances_train.json'}", boxes, {}


@case("datumaro")
def datumaro_coco_ids(folder):
    """Ids as texts, sizes left out."""
    datumaro_set().export(str(folder / "out"), "coco_instances", save_media=True)
    path = folder / "out" / "annotations" / "instances_val.json"
    coco = json.loads(path.read_text())
    for image in coco["images"]:
        image["id"] = f"frame_{image['id']}"
        image["height"] = 0
    for annotation in coco["annotations"]:
        annotation.update(image_id=f"frame_{annotation['image_id']}", iscrowd=False, bbox=[str(v) for v in annotation["bbox"]])
    path.write_text(json.dumps(coco))
    return f"coco:{path}", {"c": BOXES["c"]}, {"left": "outside-cut", "pictures": folder / "out" / "images"}


@case("datumaro")
def datumaro_captions(folder):
    import datumaro as dm

    items = [dm.DatasetItem(id="a", media=dm.Image.from_numpy(np.zeros((H, W, 3), np.uint8)), annotations=[dm.Caption("A boot.")])]
    dm.Dataset.from_iterable(items, media_type=dm.Image).export(str(folder / "out"), "coco_captions", save_media=True)
    return f"coco:{next((folder / 'out' / 'annotations').glob('*.json'))}", None, {"says": "captions of pictures"}


@case("datumaro")
def datumaro_voc(folder):
    datumaro_set().export(str(folder / "out"), "voc_detection", save_media=True)
    return f"voc:{folder / 'out'}", {"a b": BOXES["a b"][:1], "c": BOXES["c"], "empty": []}, {"tolerance": 1.01, "left": "outside-cut"}


@case("datumaro")
def datumaro_voc_sizes(folder):
    """Sizes of 0, names without their endings."""
    datumaro_set().export(str(folder / "out"), "voc_detection", save_media=True)
    for path in (folder / "out" / "Annotations").rglob("*.xml"):
        text = path.read_text().replace(f"<width>{W}</width>", "<width>0</width>").replace(".jpg</filename>", "</filename>")
        path.write_text(text)
    return f"voc:{folder / 'out'}", {"a b": BOXES["a b"][:1], "c": BOXES["c"], "empty": []}, {"tolerance": 1.01, "left": "outside-cut"}


@case("datumaro")
def datumaro_yolo_darknet(folder):
    datumaro_set().export(str(folder / "out"), "yolo", save_media=True)
    return f"yolo:{folder / 'out'}", {"a b": BOXES["a b"][:1], "c": BOXES["c"], "empty": []}, {"tolerance": 0.01, "left": None}


@case("datumaro")
def datumaro_yolo_ultralytics(folder):
    datumaro_set().export(str(folder / "out"), "yolo_ultralytics", save_media=True)
    return f"yolo:{folder / 'out'}", {"a b": BOXES["a b"][:1], "c": BOXES["c"], "empty": []}, {"tolerance": 0.01, "left": None}


@case("datumaro")
def datumaro_yolo_elsewhere(folder):
    """The description says where the set was on the machine that wrote it."""
    datumaro_set().export(str(folder / "out"), "yolo_ultralytics", save_media=True)
    (folder / "out" / "data.yaml").write_text("path: D:\\sets\\mine\ntrain: C:\\sets\\mine\\images\\train\nval: /home/x/images/val\nnames: [bolt, nut]\n")
    return f"yolo:{folder / 'out'}", {"a b": BOXES["a b"][:1], "c": BOXES["c"], "empty": []}, {"tolerance": 0.01, "left": None}


# labelme


def labelme_file(folder, name, shapes, save=None):
    from labelme import LabelFile

    picture(folder / f"{name}.jpg")
    document = {
        "version": "6.3.1", "flags": {}, "shapes": shapes, "imagePath": f"{name}.jpg", "imageData": None, "imageHeight": H, "imageWidth": W,
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(document))
    LabelFile(str(path))  # labelme itself reads it
    return document


def labelme_shape(kind, points, label="bolt", group=None):
    return {"label": label, "points": points, "group_id": group, "description": "", "shape_type": kind, "flags": {}, "mask": None}


@case("labelme")
def labelme_kinds(folder):
    (folder / "set").mkdir()
    labelme_file(folder / "set", "a", [
        labelme_shape("oriented_rectangle", [[10, 10], [20, 12], [19, 17], [9, 15]]), labelme_shape("rectangle", [[30, 30], [20, 40]], "nut"),
        labelme_shape("circle", [[60, 40], [70, 40]]), labelme_shape("line", [[1, 1], [2, 2]]), labelme_shape("point", [[1, 1]]),
    ])
    boxes = [("bolt", 9, 10, 20, 17), ("nut", 20, 30, 30, 40), ("bolt", 50, 30, 70, 50)]
    return f"labelme:{folder / 'set'}", {"a": boxes}, {"left": "no-outline", "tolerance": 0.01}


@case("labelme")
def labelme_groups(folder):
    (folder / "set").mkdir()
    parts = [labelme_shape("polygon", [[x, 10], [x + 10, 10], [x + 10, 30]], group=3) for x in (10, 60)]
    labelme_file(folder / "set", "a", parts + [labelme_shape("polygon", [[-9, 40], [30, 40], [30, 60]], "nut")])
    (folder / "set" / "others.json").write_text('{"images": []}')
    return f"labelme:{folder / 'set'}", {"a": [("bolt", 10, 10, 70, 30), ("nut", 0, 40, 30, 60)]}, {"left": "outside-cut"}


# Label Studio

CONFIG = """<View><Image name="image" value="$image"/>
<RectangleLabels name="label" toName="image"><Label value="bolt"/><Label value="nut"/></RectangleLabels></View>"""


def label_studio_tasks(link="/data/upload/1/0a1b2c3d-a.jpg", rotation=0, key="image"):
    def result(number, x, y, w, h, label, turn=0):
        return {
            "original_width": W, "original_height": H, "image_rotation": 0, "id": f"r{number}", "from_name": "label", "to_name": "image",
            "type": "rectanglelabels", "origin": "manual",
            "value": {"x": x / W * 100, "y": y / H * 100, "width": w / W * 100, "height": h / H * 100, "rotation": turn, "rectanglelabels": label},
        }

    results = [result(1, 10, 10, 30, 20, ["bolt"], rotation), result(2, 60, 40, 24, 16, ["nut"])]
    return [{"id": 1, "data": {key: link}, "annotations": [{"id": 1, "result": results, "was_cancelled": False, "created_at": "2026-01-01T00:00:00Z", "completed_by": 1}], "predictions": []}]


def label_studio_export(folder, tasks, kind):
    from label_studio_sdk.converter import Converter

    source = folder / "tasks.json"
    source.write_text(json.dumps(tasks))
    picture(folder / "images" / "0a1b2c3d-a.jpg")
    converter = Converter(CONFIG, str(folder), download_resources=False)
    with contextlib.redirect_stdout(io.StringIO()):
        converter.convert(str(source), str(folder / "out"), kind, is_dir=False)
    return folder / "out"


STUDIO = {"0a1b2c3d-a": [("bolt", 10, 10, 40, 30), ("nut", 60, 40, 84, 56)]}


@case("label_studio_sdk.converter")
def label_studio_json(folder):
    (folder / "tasks.json").write_text(json.dumps(label_studio_tasks(key="photo")))
    picture(folder / "images" / "0a1b2c3d-a.jpg")
    return f"labelstudio:{folder / 'tasks.json'}", STUDIO, {"pictures": folder / "images", "tolerance": 1e-6}


@case("label_studio_sdk.converter")
def label_studio_json_min(folder):
    out = label_studio_export(folder, label_studio_tasks(), "JSON_MIN")
    return f"labelstudio:{out / 'result.json'}", STUDIO, {"pictures": folder / "images", "tolerance": 1e-6}


@case("label_studio_sdk.converter")
def label_studio_coco(folder):
    out = label_studio_export(folder, label_studio_tasks(), "COCO")
    return f"coco:{out / 'result.json'}", STUDIO, {"pictures": folder / "images", "tolerance": 1e-6}


@case("label_studio_sdk.converter")
def label_studio_yolo(folder):
    out = label_studio_export(folder, label_studio_tasks(), "YOLO")
    return f"yolo:{out}", STUDIO, {"pictures": folder / "images", "tolerance": 1e-3}


@case("label_studio_sdk.converter")
def label_studio_obb(folder):
    """The SDK turns its rectangles about their top left corner, as the page does."""
    out = label_studio_export(folder, label_studio_tasks(rotation=30), "YOLO_OBB")
    a = math.radians(30)
    corners = [(10 + x * math.cos(a) - y * math.sin(a), 10 + x * math.sin(a) + y * math.cos(a)) for x in (0, 30) for y in (0, 20)]
    xs, ys = zip(*corners)
    boxes = {"0a1b2c3d-a": [("bolt", max(0, min(xs)), min(ys), max(xs), max(ys)), STUDIO["0a1b2c3d-a"][1]]}
    return f"yolo:{out}", boxes, {"pictures": folder / "images", "tolerance": 1e-3, "left": None}


@case("label_studio_sdk.converter")
def label_studio_voc(folder):
    out = label_studio_export(folder, label_studio_tasks(), "VOC")
    # The SDK cuts off decimals and counts from 0.
    return f"voc:{out}", STUDIO, {"pictures": folder / "images", "tolerance": 2.01}


# supervision


def supervision_set(folder, holes=False):
    import supervision as sv

    mask = np.zeros((2, H, W), bool)
    mask[0, 10:30, 10:40] = True
    mask[1, 40:56, 60:84] = True
    if holes:
        mask[0, 15:20, 15:20] = False
    path = folder / "pictures" / "a.jpg"
    picture(path)
    detections = sv.Detections(xyxy=np.array([[10, 10, 40, 30], [60, 40, 84, 56]], float), mask=mask, class_id=np.array([0, 1]))
    return sv.DetectionDataset(classes=NAMES, images=[str(path)], annotations={str(path): detections})


SUPERVISION = {"a": [("bolt", 10, 10, 40, 30), ("nut", 60, 40, 84, 56)]}


@case("supervision")
def supervision_coco(folder):
    supervision_set(folder).as_coco(images_directory_path=None, annotations_path=str(folder / "a.json"))
    return f"coco:{folder / 'a.json'}", SUPERVISION, {"tolerance": 1.01}


@case("supervision")
def supervision_yolo(folder):
    supervision_set(folder).as_yolo(str(folder / "out" / "images"), str(folder / "out" / "labels"), str(folder / "out" / "data.yaml"))
    return f"yolo:{folder / 'out'}", SUPERVISION, {"tolerance": 1.01}


@case("supervision")
def supervision_voc(folder):
    supervision_set(folder).as_pascal_voc(str(folder / "out" / "JPEGImages"), str(folder / "out" / "Annotations"))
    return f"voc:{folder / 'out'}", SUPERVISION, {"tolerance": 1.01, "polygons": True}


@case("supervision")
def supervision_crowds(folder):
    """Masks with holes are crowds; `--keep-crowds` takes them for objects."""
    supervision_set(folder, holes=True).as_coco(images_directory_path=None, annotations_path=str(folder / "a.json"))
    return f"coco:{folder / 'a.json'}", SUPERVISION, {"tolerance": 1.01, "arguments": ["--keep-crowds"], "noCrowds": True}


def check(tool, folder, source, boxes, more):
    """What is wrong; nothing where all is right."""
    out = folder / "spaniel.json"
    command = [tool, "annotations", "convert", source, f"coco:{out}", "--json", *more.get("arguments", [])]
    if "pictures" in more:
        command += ["--pictures", str(more["pictures"])]
    run = subprocess.run(command, capture_output=True, text=True)
    if boxes is None:
        right = run.returncode == 65 and more["says"] in run.stderr
        return None if right else f"ends with {run.returncode}: {run.stderr.strip()}"
    if run.returncode != 0:
        return f"ends with {run.returncode}: {run.stderr.strip()}"
    coco = json.loads(out.read_text())
    names = {c["id"]: c["name"] for c in coco["categories"]}
    found = {}
    for image in coco["images"]:
        stem = pathlib.PurePath(image["file_name"]).stem
        rows = [a for a in coco["annotations"] if a["image_id"] == image["id"]]
        found[stem] = sorted((names[a["category_id"]], *(a["bbox"][:2]), a["bbox"][0] + a["bbox"][2], a["bbox"][1] + a["bbox"][3]) for a in rows)
    if sorted(found) != sorted(boxes):
        return f"pictures {sorted(found)}, expected {sorted(boxes)}"
    tolerance = more.get("tolerance", 0.011)
    for stem, rows in boxes.items():
        rows = sorted(rows)
        if len(rows) != len(found[stem]):
            return f"{stem}: {found[stem]}, expected {rows}"
        for a, b in zip(found[stem], rows):
            if a[0] != b[0] or any(abs(x - y) > tolerance for x, y in zip(a[1:], b[1:])):
                return f"{stem}: {a}, expected {b}"
    if more.get("polygons") and not all(a.get("segmentation") for a in coco["annotations"]):
        return "polygons are missing"
    if more.get("noCrowds") and any(a["iscrowd"] for a in coco["annotations"]):
        return "crowds are left"
    lost = [n["kind"] for n in json.loads(run.stdout)["read"] if n["loss"]]
    if "left" in more:
        if more["left"] is not None and more["left"] not in lost:
            return f"left out {lost}, expected {more['left']}"
    elif lost:
        return f"left out {lost}, expected nothing"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--spaniel", required=True)
    parser.add_argument("--only")
    arguments = parser.parse_args()
    tool = str(pathlib.Path(arguments.spaniel).resolve())
    failures = count = 0
    for module, function in CASES:
        if arguments.only and arguments.only not in function.__name__:
            continue
        try:
            __import__(module)
        except Exception as error:  # also what is there but lacks a library of its own
            print(f"  {function.__name__}: left out, {module} cannot be used ({error})")
            continue
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            try:
                problem = check(tool, folder, *function(folder))
            except subprocess.SubprocessError as error:
                problem = str(error)
        count += 1
        failures += problem is not None
        print(f"  {function.__name__}: {'as exported' if problem is None else 'FAILS: ' + problem}")
    print("exporters:", f"passes, {count} exports" if failures == 0 else f"FAILS, {failures} of {count}")
    sys.exit(failures > 0)


main()
