#!/bin/sh
# Three COCO exports number annotations from 0, and pycocotools counts the one numbered 0 as missed, however well it was found.
#
# Guess: an annotation's id is a name; a detector that finds every object exactly has an AP of 1 whoever wrote the file.
# What happens: pycocotools notes the id of the match beside each detection, and takes 0 for "none". Label Studio, globox and PyLabel number
# from 0, so that a set's first object is never found and its detection counts as false: 0.25 with two objects. hotcoco gives 1.
# Versions: label-studio-sdk 2.1.2, globox 2.9.0, pylabel 0.1.55, pycocotools 2.0.11, hotcoco 1.3.0, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet label-studio-sdk==2.1.2 globox==2.9.0 pylabel==0.1.55 pycocotools==2.0.11 hotcoco==1.3.0 numpy==2.2.6

cat > expected << 'END'
label-studio-sdk  ids 0 1: AP of exact results by pycocotools 0.25, hotcoco 1.00
globox            ids 0 1: AP of exact results by pycocotools 0.25, hotcoco 1.00
pylabel           ids 0 1: AP of exact results by pycocotools 0.25, hotcoco 1.00
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import contextlib, io, json
from pathlib import Path
import globox, hotcoco
from label_studio_sdk.converter import Converter
from pylabel import importer
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

boxes = [[10, 20, 20, 20], [60, 20, 20, 20]]
truth = {"images": [{"id": 1, "file_name": "a.png", "width": 100, "height": 80}], "categories": [{"id": 1, "name": "nut"}]}
one = {"image_id": 1, "category_id": 1, "area": 400, "iscrowd": 0, "segmentation": []}
Path("one.json").write_text(json.dumps(truth | {"annotations": [one | {"id": i, "bbox": box} for i, box in enumerate(boxes, 1)]}))
head = {"type": "rectanglelabels", "from_name": "label", "to_name": "image", "original_width": 100, "original_height": 80}
value = {"y": 25, "width": 20, "height": 25, "rotation": 0, "rectanglelabels": ["nut"]}
result = [head | {"id": f"r{box[0]}", "value": value | {"x": box[0]}} for box in boxes]
Path("tasks.json").write_text(json.dumps([{"id": 1, "data": {"image": "a.png"}, "annotations": [{"id": 1, "result": result}]}]))
view = '<View><Image name="image" value="$image"/><RectangleLabels name="label" toName="image"><Label value="nut"/></RectangleLabels></View>'

kits = {"pycocotools": (COCO, COCOeval), "hotcoco": (hotcoco.COCO, hotcoco.COCOeval)}

def ap(load, evaluation, path):
    with contextlib.redirect_stdout(io.StringIO()):
        coco = load(path)
        figures = evaluation(coco, (coco.loadRes if hasattr(coco, "loadRes") else coco.load_res)("found.json"), "bbox")
        figures.evaluate(), figures.accumulate(), figures.summarize()
    return figures.stats[0]

Converter(view, ".", download_resources=False).convert("tasks.json", "studio", "COCO", is_dir=False)
globox.AnnotationSet.from_coco(file_path="one.json").save_coco("globox.json", auto_ids=True)
importer.ImportCoco("one.json").export.ExportToCoco(output_path="pylabel.json")
for name, path in {"label-studio-sdk": "studio/result.json", "globox": "globox.json", "pylabel": "pylabel.json"}.items():
    truth = json.loads(Path(path).read_text())["annotations"]
    found = [{key: one[key] for key in ("image_id", "category_id", "bbox")} | {"score": 0.9} for one in truth]
    Path("found.json").write_text(json.dumps(found))
    texts = ", ".join(f"{kit} {ap(*calls, path):.2f}" for kit, calls in kits.items())
    print(f"{name:17} ids {' '.join(str(one['id']) for one in truth)}: AP of exact results by {texts}")
END
cat seen
diff expected seen
