#!/bin/sh
# transformers' SAM 2 and SAM 3 take max_hole_area and max_sprinkle_area, document them, and do nothing with them.
#
# Guess: post_process_masks(…, max_hole_area=100, max_sprinkle_area=100) fills a hole of 9 pixels and removes a speck of 9, as the original
# SAM 2 does, whose parameters they are ("The maximum area of a hole to fill").
# What happens: the masks are the same pixel for pixel, with areas of any size, and no warning is given; the third option of that call,
# apply_non_overlapping_constraints, does work. Code moved from the original keeps its specks, and its figures change for no visible reason.
# Versions: transformers 5.23.0, torch 2.15.0, torchvision 0.29.2, Pillow 13.0.0, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile transformers==5.23.0 torch==2.15.0 torchvision==0.29.2 pillow==13.0.0

cat > expected << 'END'
Sam2, no option: 1600 pixels, the hole is open, the speck is there
Sam2, max_hole_area=100: 1600 pixels, the hole is open, the speck is there
Sam2, max_sprinkle_area=100: 1600 pixels, the hole is open, the speck is there
Sam2, apply_non_overlapping_constraints=True: 1280 pixels, the hole is open, the speck is there
Sam3, no option: 1600 pixels, the hole is open, the speck is there
Sam3, max_hole_area=100: 1600 pixels, the hole is open, the speck is there
Sam3, max_sprinkle_area=100: 1600 pixels, the hole is open, the speck is there
Sam3, apply_non_overlapping_constraints=True: 1280 pixels, the hole is open, the speck is there
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import torch
from transformers import Sam2ImageProcessor, Sam3ImageProcessor

logits = torch.full((2, 1, 64, 64), -5.0)
logits[0, 0, 8:48, 8:48] = 5
logits[0, 0, 20:23, 20:23] = -5  # a hole of 9 pixels
logits[0, 0, 56:59, 56:59] = 5  # a speck of 9
logits[1, 0, 40:60, 8:48] = 9  # a second object over the first
options = [{}, {"max_hole_area": 100}, {"max_sprinkle_area": 100}, {"apply_non_overlapping_constraints": True}]
for processor in (Sam2ImageProcessor(), Sam3ImageProcessor()):
    for option in options:
        [masks] = processor.post_process_masks([logits.clone()], [(64, 64)], **option)
        name = type(processor).__name__.removesuffix("ImageProcessor")
        text = "".join(f"{key}={value}" for key, value in option.items()) or "no option"
        hole, speck = "filled" if masks[0, 0, 21, 21] else "open", "there" if masks[0, 0, 57, 57] else "gone"
        print(f"{name}, {text}: {int(masks[0].sum())} pixels, the hole is {hole}, the speck is {speck}")
END
cat seen
diff expected seen
