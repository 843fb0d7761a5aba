#!/bin/sh
# Two tools read YOLO's outlines as boxes of their first four numbers, and one reads YOLO's boxes as outlines of two corners.
#
# Guess: a line of nine numbers is an outline, one of five a box; who wants the other kind converts it, leaves it out, or refuses.
# What happens: an object of 20 x 20 at (50, 10) becomes one of 70 x 10 at (15, 5) in Label Studio and superannotate, which take a corner for
# the center and the next for the sides; Label Studio also takes the fifth number for a score. labelformat, asked for outlines, makes of a
# box one with two corners, its center and its size. None of them says that anything is amiss.
# Versions: label-studio-sdk 2.1.2, superannotate 4.6.2, labelformat 0.1.17, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet label-studio-sdk==2.1.2 superannotate==4.6.2 labelformat==0.1.17

cat > expected << 'END'
Label Studio:  outline: x 15 to 85, y 5 to 15, score 0.7; box: x 50 to 70, y 10 to 30
superannotate: outline: x 15 to 85, y 5 to 15; box: x 50 to 70, y 10 to 30
labelformat:   outline: corners 50,10 70,10 70,30 50,30; box: corners 60,20 20,20
END
mkdir -p home images labels flat
ln -s ../images/a.png ../labels/a.txt ../classes.txt flat
HOME=$work/home venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import contextlib, io, json
from pathlib import Path
import superannotate
from label_studio_sdk.converter.imports.yolo import convert_yolo_to_ls
from labelformat.formats import YOLOv8InstanceSegmentationInput
from PIL import Image

def text(x1, y1, x2, y2):
    return f"x {x1:.0f} to {x2:.0f}, y {y1:.0f} to {y2:.0f}"

def by_label_studio():
    convert_yolo_to_ls(".", "tasks.json")
    one = json.loads(Path("tasks.json").read_text())[0]["annotations"][0]["result"][0]
    x, y, w, h = (one["value"][key] / 100 * side for key, side in (("x", 100), ("y", 50), ("width", 100), ("height", 50)))
    return text(x, y, x + w, y + h) + (f", score {one['score']}" if "score" in one else "")

def by_superannotate():
    superannotate.import_annotation("flat", "out", "YOLO", "", "Vector", "object_detection", images_extensions=["png"])
    return text(*json.loads(Path("out/a.png.json").read_text())["instances"][0]["points"].values())

def by_labelformat():
    [labels] = YOLOv8InstanceSegmentationInput(Path("data.yaml"), "train").get_labels()
    return "corners " + " ".join(f"{x:.0f},{y:.0f}" for x, y in labels.objects[0].segmentation.polygons[0])

Image.new("RGB", (100, 50)).save("images/a.png")
Path("data.yaml").write_text("path: .\ntrain: images\nnc: 1\nnames: [nut]\n"), Path("classes.txt").write_text("nut\n")
lines = {"outline": "0 0.5 0.2 0.7 0.2 0.7 0.6 0.5 0.6", "box": "0 0.6 0.4 0.2 0.4"}
for name, read in {"Label Studio": by_label_studio, "superannotate": by_superannotate, "labelformat": by_labelformat}.items():
    texts = []
    for kind, line in lines.items():
        Path("labels/a.txt").write_text(line + "\n")
        with contextlib.redirect_stdout(io.StringIO()):
            texts.append(f"{kind}: {read()}")
    print(f"{name + ':':14} {'; '.join(texts)}")
END
cat seen
diff expected seen
