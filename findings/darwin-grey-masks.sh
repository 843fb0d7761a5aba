#!/bin/sh
# darwin-py's grey masks give several classes the same grey once there are 16 of them; the table beside them says that each has its own.
#
# Guess: semantic-mask-grey draws each class in the grey that class_mapping.csv names for it.
# What happens: classes are drawn by their number and then recoloured one number after the other in the same picture. A grey that is also a
# later class's number is recoloured with it, and again: of 20 classes one wears another's grey, of 80 classes 25, and no reader can tell
# them apart. With up to 15 classes all is well, and so it is as semantic-mask-index.
# Versions: darwin-py 3.6.3, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet darwin-py==3.6.3

cat > expected << 'END'
15 classes: grey 15 different, 0 not as in the table; index 15 different, 0 not as in the table
16 classes: grey 15 different, 1 not as in the table; index 16 different, 0 not as in the table
20 classes: grey 19 different, 1 not as in the table; index 20 different, 0 not as in the table
80 classes: grey 55 different, 25 not as in the table; index 80 different, 0 not as in the table
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import contextlib, csv, io, json
from pathlib import Path
import numpy as np
from PIL import Image
from darwin.exporter import export_annotations, get_exporter

def square(number):
    x, y = number % 10 * 10, number // 10 * 10
    path = [{"x": x + dx, "y": y + dy} for dx, dy in ((1, 1), (8, 1), (8, 8), (1, 8))]
    return {"id": f"{number}", "name": f"class {number:02}", "slot_names": ["0"], "polygon": {"paths": [path]}}

for count in (15, 16, 20, 80):
    slot = {"type": "image", "slot_name": "0", "width": 100, "height": 100, "source_files": [{"file_name": "a.png"}]}
    item = {"name": "a.png", "path": "/", "slots": [slot]}
    Path("a.json").write_text(json.dumps({"version": "2.0", "item": item, "annotations": [square(i) for i in range(count)]}))
    texts = []
    for kind in ("grey", "index"):
        folder = Path(f"{kind}-{count}")
        folder.mkdir()
        with contextlib.redirect_stdout(io.StringIO()):
            export_annotations(get_exporter(f"semantic_mask_{kind}"), [Path("a.json")], folder)
        table = {row["class_name"]: int(row["class_color"]) for row in csv.DictReader((folder / "class_mapping.csv").open())}
        mask = np.asarray(Image.open(folder / "masks/a.png"))
        drawn = [int(mask[i // 10 * 10 + 5, i % 10 * 10 + 5]) for i in range(count)]
        wrong = sum(value != table[f"class {i:02}"] for i, value in enumerate(drawn))
        texts.append(f"{kind} {len(set(drawn))} different, {wrong} not as in the table")
    print(f"{count} classes: " + "; ".join(texts))
END
cat seen
diff expected seen
