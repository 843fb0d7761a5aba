#!/bin/sh
# datumaro's way from CVAT to COCO keeps one object of three, and makes of it a crowd, which nobody has to find.
#
# Guess: a turned box, an ellipse and a painted mask become three annotations with iscrowd 0: a polygon or run lengths, the box around each.
# What happens: the ellipse is not read, the turned box is read and not written, and the mask is written with iscrowd 1. Nothing is said at the
# usual level of messages. COCO's rules ask no detector to find a crowd, so the exported set has no object at all.
# Versions: datumaro 1.13.12, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet datumaro==1.13.12

cat > expected << 'END'
read:    RotatedBbox turned by 90, Mask
written: mask (iscrowd 1, area 5.0)
END
mkdir -p set/images
cat > set/annotations.xml << 'END'
<annotations><version>1.1</version>
<meta><task><name>nuts</name><size>1</size><mode>annotation</mode><labels>
<label><name>box</name><attributes></attributes></label>
<label><name>ellipse</name><attributes></attributes></label>
<label><name>mask</name><attributes></attributes></label>
</labels><original_size><width>100</width><height>80</height></original_size></task></meta>
<image id="0" name="a.png" width="100" height="80">
<box label="box" occluded="0" xtl="20" ytl="30" xbr="80" ybr="40" rotation="90" z_order="0"></box>
<ellipse label="ellipse" occluded="0" cx="50" cy="40" rx="20" ry="10" z_order="0"></ellipse>
<mask label="mask" occluded="0" rle="2, 3, 3, 2" left="10" top="10" width="5" height="2" z_order="0"></mask>
</image></annotations>
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import json
from pathlib import Path
from datumaro.components.dataset import Dataset
from PIL import Image

Image.new("RGB", (100, 80)).save("set/images/a.png")
dataset = Dataset.import_from("set", "cvat")
[item] = dataset
kinds = [type(a).__name__ + (f" turned by {a.points[4]:.0f}" if "Rotated" in type(a).__name__ else "") for a in item.annotations]
print("read:   ", ", ".join(kinds))
dataset.export("out", "coco")
coco = json.loads(next(Path("out").rglob("instances_*.json")).read_text())
names = {each["id"]: each["name"] for each in coco["categories"]}
found = [f"{names[a['category_id']]} (iscrowd {a['iscrowd']}, area {a['area']})" for a in coco["annotations"]]
print("written:", ", ".join(found))
END
cat seen
diff expected seen
