#!/bin/sh
# Encord's COCO export gives a skeleton an area of 0, and by COCO's measure a detector a tenth of a pixel off finds none of its points.
#
# Guess: a person's key points become an annotation by which pycocotools can judge key points: a pixel off is still nearly perfect.
# What happens: COCO measures a key point's error against the object's size, the root of `area`. The export writes 0, so that any error is
# infinitely large: OKS is 0, and AP 0. With the area of the box beside it in the same file, AP is 1. A point marked invisible counts
# among num_keypoints as well. Boxes and polygons of the export have areas.
# Versions: encord 0.1.211, pycocotools 2.0.11, numpy 1.26.4, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet "encord[coco]==0.1.211" pycocotools==2.0.11 numpy==1.26.4

cat > expected << 'END'
box 60 x 240, area 0.0, num_keypoints 17, of which invisible 1
0 pixels off: AP 1.00; with the box's area 1.00
0.1 pixels off: AP 0.00; with the box's area 1.00
1 pixels off: AP 0.00; with the box's area 1.00
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import contextlib, io
from encord.objects.common import Shape
from encord.objects.ontology_object import Object
from encord.objects.ontology_structure import OntologyStructure
from encord.utilities.coco.exporter import CocoExporter
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

width, height = 640, 480
points = [(100 + 20 * (i % 4), 100 + 60 * (i // 4)) for i in range(17)]
skeleton = {f"k{i}": {"x": x / width, "y": y / height, "name": f"k{i}", "featureHash": f"k{i}"} for i, (x, y) in enumerate(points)}
skeleton["k16"]["invisible"] = True
person = Object(uid=1, name="person", color="#000", shape=Shape.SKELETON, feature_node_hash="person")
one = {"objectHash": "a", "featureHash": "person", "name": "person", "shape": "skeleton", "manualAnnotation": True, "skeleton": skeleton}
file = {"data_hash": "d", "data_title": "a.png", "data_link": "", "data_type": "image/png", "width": width, "height": height}
labels = {"data_title": "a.png", "data_type": "image", "data_units": {"d": file | {"labels": {"objects": [one]}}}}
labels |= {"object_answers": {"a": {"classifications": []}}, "object_actions": {}}
exported = CocoExporter([labels], OntologyStructure(objects=[person])).export()
[annotation] = exported["annotations"]
annotation["id"] = 1  # the export's is 0, which pycocotools takes for none

def average_precision(off, area):
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = exported | {"annotations": [annotation | {"area": area}]}
        truth.createIndex()
        found = [{"image_id": 0, "category_id": 1, "score": 0.9, "keypoints": [v for x, y in points for v in (x + off, y, 2)]}]
        figures = COCOeval(truth, truth.loadRes(found), "keypoints")
        figures.evaluate(), figures.accumulate(), figures.summarize()
    return figures.stats[0]

(x, y, w, h), invisible = annotation["bbox"], annotation["keypoints"][2::3].count(0)
print(f"box {w:.0f} x {h:.0f}, area {annotation['area']}, num_keypoints {annotation['num_keypoints']}, of which invisible {invisible}")
for off in (0, 0.1, 1):
    print(f"{off} pixels off: AP {average_precision(off, annotation['area']):.2f}; with the box's area {average_precision(off, w * h):.2f}")
END
cat seen
diff expected seen
