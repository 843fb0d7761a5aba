#!/bin/sh
# Supervisely's exports of a skeleton without its hand: in YOLO the foot is the hand, in COCO the box begins in the picture's corner.
#
# Guess: a joint that nobody marked is 0, 0, 0 in its place, as both formats have it, and the box and the area are those of the others.
# What happens: YOLO's line lists the joints that are there one after the other and fills up with zeros at the end, so that each joint
# behind the missing one has its forerunner's place: who trains on it learns feet as hands. COCO keeps the places, but takes the
# zeros for a point when it makes the box and the area: 180 times too large here. OKS measures by the area, and so by this file a
# detector that is 30 pixels off everywhere has an AP of 1. The number of points counts the missing one, too.
# Versions: supervisely 6.74.51, pycocotools 2.0.11, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet supervisely==6.74.51 pycocotools==2.0.11

cat > expected << 'END'
head, hand, foot marked
  YOLO: head 600 500; hand 620 550; foot 580 600
  COCO: box 580 500 40 100, area 4000, 3 points; AP of a detector 30 pixels off 0.00
head, foot marked
  YOLO: head 600 500; hand 580 600; foot 0 0
  COCO: box 0 0 600 600, area 360000, 3 points; AP of a detector 30 pixels off 1.00
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import contextlib, json, sys, numpy as np, supervisely as sly
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from supervisely.convert.image.coco.coco_helper import sly_ann_to_coco
from supervisely.convert.image.yolo.yolo_helper import sly_ann_to_yolo
from supervisely.geometry.graph import GraphNodes, KeypointsTemplate, Node

places = {"head": (500, 600), "hand": (550, 620), "foot": (600, 580)}  # row and column, in a picture of 800 x 800
template = KeypointsTemplate()
for name in places:
    template.add_point(label=name, row=0, col=0)
person = sly.ObjClass("person", GraphNodes, geometry_config=template)

def ap(truth, offset):
    joints = np.array(truth["keypoints"], float).reshape(-1, 3)
    found = (joints + np.where(joints[:, 2:] > 0, [offset, 0, 0], 0)).ravel().tolist()
    with contextlib.redirect_stdout(sys.stderr):
        (coco := COCO()).dataset = {"images": [{"id": 1}], "categories": [{"id": 1, "name": "person"}], "annotations": [truth]}
        coco.createIndex()
        judge = COCOeval(coco, coco.loadRes([{"image_id": 1, "category_id": 1, "keypoints": found, "score": 0.9}]), "keypoints")
        judge.params.kpt_oks_sigmas = np.full(3, 0.1)
        judge.evaluate(), judge.accumulate(), judge.summarize()
    return judge.stats[0]

for marked in (list(places), ["head", "foot"]):
    nodes = [Node(sly.PointLocation(*places[name]), label=name) for name in marked]
    annotation = sly.Annotation((800, 800), [sly.Label(GraphNodes(nodes), person)])
    coco = json.loads(json.dumps(sly_ann_to_coco(annotation, 1, {"person": 1})[0][0], default=float))
    joints = np.array(sly_ann_to_yolo(annotation, ["person"], "pose")[0].split()[5:], float).reshape(-1, 3) * 800
    print(f"{', '.join(marked)} marked\n  YOLO:", "; ".join(f"{name} {x:.0f} {y:.0f}" for name, (x, y, _) in zip(places, joints)))
    print(f"  COCO: box {' '.join(map(str, coco['bbox']))}, area {coco['area']}, {coco['num_keypoints']} points; "
          f"AP of a detector 30 pixels off {ap(coco, 30):.2f}")
END
cat seen
diff expected seen
