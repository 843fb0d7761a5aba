#!/bin/sh
# Encord's COCO export makes crowds, which nobody has to find, of masks and of polygons with a hole or in parts.
#
# Guess: each labelled object is an annotation with iscrowd 0: COCO keeps run lengths, too, for single objects.
# What happens: a bitmask, a polygon with a hole and a polygon of two parts are written as run lengths with iscrowd 1; a plain polygon stays
# an object. COCO's rules ask no detector to find a crowd: one that finds the first of the four alone has an AP of 1 by this file, and one
# that finds the others gains nothing. Those polygons also gain a row and a column: 882 pixels for two squares of 20 x 20.
# Versions: encord 0.1.211, pycocotools 2.0.11, numpy 1.26.4, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet "encord[coco]==0.1.211" pycocotools==2.0.11 numpy==1.26.4

cat > expected << 'END'
plain polygon:        iscrowd 0, area 400
polygon with a hole:  iscrowd 1, area 320
polygon of two parts: iscrowd 1, area 882
bitmask:              iscrowd 1, area 400
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np
from encord.objects.common import Shape
from encord.objects.ontology_object import Object
from encord.objects.ontology_structure import OntologyStructure
from encord.utilities.coco.exporter import CocoExporter
from pycocotools import mask

width, height = 200, 100

def square(x, y, side):
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]

def polygon(*rings_of_parts):
    flat = [[[v for x, y in ring for v in (x / width, y / height)] for ring in rings] for rings in rings_of_parts]
    first = [{"x": x / width, "y": y / height} for x, y in rings_of_parts[0][0]]
    return {"shape": "polygon", "polygon": {str(i): point for i, point in enumerate(first)}, "polygons": flat}

painted = np.zeros((height, width), np.uint8)
painted[60:80, 20:40] = 1
runs = mask.encode(np.asfortranarray(painted.T))["counts"].decode()  # Encord's run lengths go along the rows
objects = {
    "plain polygon": polygon([square(20, 20, 20)]),
    "polygon with a hole": polygon([square(60, 20, 20), square(65, 25, 10)]),
    "polygon of two parts": polygon([square(100, 20, 20)], [square(140, 20, 20)]),
    "bitmask": {"shape": "bitmask", "bitmask": {"rleString": runs, "width": width, "height": height, "top": 0, "left": 0}},
}
listed = [{"objectHash": name, "featureHash": one["shape"], "name": "nut", "manualAnnotation": True} | one for name, one in objects.items()]
file = {"data_hash": "d", "data_title": "a.png", "data_link": "", "data_type": "image/png", "width": width, "height": height}
unit = file | {"labels": {"objects": listed}}
answers = {name: {"classifications": []} for name in objects}
labels = {"data_title": "a.png", "data_type": "image", "data_units": {"d": unit}, "object_answers": answers, "object_actions": {}}
kinds = [Object(uid=i, name=k.value, color="#000", shape=k, feature_node_hash=k.value) for i, k in enumerate((Shape.POLYGON, Shape.BITMASK), 1)]
exported = CocoExporter([labels], OntologyStructure(objects=kinds)).export()
for name, one in zip(objects, exported["annotations"]):
    print(f"{name + ':':21} iscrowd {one['iscrowd']}, area {one['area']:.0f}")
END
cat seen
diff expected seen
