#!/bin/sh
# transformers' BEiT and DPT resize a map of classes as a photograph, so it comes to hold classes that nobody drew.
#
# Guess: segmentation_maps given to an image processor are resized by the nearest pixel, as Segformer's are: a map of the classes 0 and 12
# keeps those two, and what is 255, ignored, stays so.
# What happens: BEiT's and DPT's processors resize them bicubically, like the picture. Along each outline pixels get classes between the two
# that meet there (1, 4, 10 and 11 of 0 and 12), and beside what is ignored 99 or 187. Where a set has such classes the training runs, and
# the outlines are learnt as what they are not. Segformer's, MobileViT's and MobileNetV2's processors do as guessed.
# Versions: transformers 5.23.0, Pillow 13.0.0, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet transformers==5.23.0 pillow==13.0.0 numpy==2.4.6

cat > expected << 'END'
Segformer   of 0 and 12: others none (0 pixels); with a border of 255: others none (0 pixels)
MobileViT   of 0 and 12: others none (0 pixels); with a border of 255: others none (0 pixels)
MobileNetV2 of 0 and 12: others none (0 pixels); with a border of 255: others none (0 pixels)
Beit        of 0 and 12: others 1, 4, 10, 11 (685 pixels); with a border of 255: others 1, 4, 10, 11, 187 (909 pixels)
DPT         of 0 and 12: others 1, 11 (640 pixels); with a border of 255: others 1, 11, 99 (1024 pixels)
END
HF_HUB_OFFLINE=1 venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np
import transformers
from PIL import Image

classes = np.zeros((480, 640), np.uint8)
classes[100:300, 200:500] = 12
bordered = classes.copy()
bordered[:8] = 255  # ignored
picture = Image.new("RGB", (640, 480))
for name in ("Segformer", "MobileViT", "MobileNetV2", "Beit", "DPT"):
    processor = getattr(transformers, name + "ImageProcessorPil")()
    texts = []
    for drawn in (classes, bordered):
        [labels] = processor(picture, segmentation_maps=Image.fromarray(drawn), return_tensors="np")["labels"]
        found, counts = np.unique(labels, return_counts=True)
        invented = ~np.isin(found, np.unique(drawn))
        others = ", ".join(map(str, found[invented])) or "none"
        texts.append(f"others {others} ({counts[invented].sum()} pixels)")
    print(f"{name:11} of 0 and 12: {texts[0]}; with a border of 255: {texts[1]}")
END
cat seen
diff expected seen
