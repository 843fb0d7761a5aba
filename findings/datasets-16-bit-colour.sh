#!/bin/sh
# Hugging Face's datasets keeps the low byte of a colour picture of 16 bits given as an array, and the high byte of the same one as a file.
#
# Guess: Image() stores colour of 16 bits as such, or divides it by 257, or refuses it as it refuses colour of float32; the same picture
# handed over as a PNG and as an array comes back alike.
# What happens: an array of uint16 with three channels is cast to uint8 by the remainder of 256: 255 stays, 256 becomes 0, 40000 becomes 64,
# so that what comes back is bands and noise; one warning speaks of downcasting. As a PNG the same picture comes back divided by 256. Grey
# of 16 bits is kept whole both ways. Integers of 64 bits, which NumPy's arithmetic gives, are treated likewise: 300 becomes 44.
# Versions: datasets 5.2.0, Pillow 13.0.0, numpy 2.4.6, opencv-python-headless 5.0.0.93, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet datasets==5.2.0 pillow==13.0.0 numpy==2.4.6 opencv-python-headless==5.0.0.93

cat > expected << 'END'
grey   array of uint16 uint16:  100 255 256 300 40000 65535
grey   array of int64  int32:  100 255 256 300 40000 65535
grey   PNG             uint16:  100 255 256 300 40000 65535
colour array of uint16 uint8:  100 255 0 44 64 255
colour array of int64  uint8:  100 255 0 44 64 255
colour PNG             uint8:  0 0 1 1 156 255
END
HF_HUB_OFFLINE=1 HF_HOME=cache venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import cv2
import numpy as np
from datasets import Dataset, Features, Image

def stored(what):  # a picture as it comes back from a set of one
    picture = Dataset.from_dict({"picture": [what]}, features=Features({"picture": Image()}))[0]["picture"]
    return np.asarray(picture)

row = np.array([100, 255, 256, 300, 40000, 65535])
for kind, picture in (("grey", row[None]), ("colour", np.stack([row[None]] * 3, 2))):
    name = f"{kind}.png"
    cv2.imwrite(name, picture.astype(np.uint16))
    assert (cv2.imread(name, cv2.IMREAD_UNCHANGED) == picture).all()
    ways = {"array of uint16": picture.astype(np.uint16), "array of int64": picture, "PNG": name}
    for way, what in ways.items():
        found = stored(what)
        print(f"{kind:6} {way:15} {found.dtype}: ", " ".join(map(str, found.reshape(row.size, -1)[:, 0])))
END
cat seen
diff expected seen
