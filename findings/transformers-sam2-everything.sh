#!/bin/sh
# transformers' masks of everything never ask SAM 2 about the lowest third of a landscape photograph.
#
# Guess: the grid of 32 × 32 points of the mask-generation pipeline covers the whole picture, as it does with SAM.
# What happens: SAM's processor scales the longer side to 1024 and pads, SAM 2's stretches the picture to 1024 × 1024; the grid is still
# scaled by the longer side alone. In the frame that the model sees, points of a 1536 × 1024 picture end at y = 672 of 1024, and of an
# upright one at x = 672: nothing there is prompted, and no error says so. Square pictures are right, which is what tests use.
# Versions: transformers 5.23.0, torch 2.15.0, torchvision 0.29.2, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet transformers==5.23.0 torch==2.15.0 torchvision==0.29.2 pillow==13.0.0

cat > expected << 'END'
1024 × 1024: stretched to [1024, 1024], points to x = 1008 of 1024, y = 1008 of 1024
1536 × 1024: stretched to [1024, 1024], points to x = 1008 of 1024, y = 672 of 1024
1024 × 1536: stretched to [1024, 1024], points to x = 672 of 1024, y = 1008 of 1024
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import torch
from transformers import Sam2ImageProcessor

processor = Sam2ImageProcessor()
for width, height in [(1024, 1024), (1536, 1024), (1024, 1536)]:
    picture = torch.zeros(3, height, width, dtype=torch.uint8)
    pixels = processor(picture, return_tensors="pt")["pixel_values"]
    _, points, _, _ = processor.generate_crop_boxes(picture, 1024)  # as pipelines/mask_generation.py calls it
    x, y = torch.as_tensor(points).reshape(-1, 2).amax(0).tolist()
    print(f"{width} × {height}: stretched to {list(pixels.shape[2:])}, points to x = {x:.0f} of 1024, y = {y:.0f} of 1024")
END
cat seen
diff expected seen
