#!/bin/sh
# What transformers calls COCO's run lengths are other run lengths, and where there is background, list i is not object i.
#
# Guess: post_process_instance_segmentation(…, return_coco_annotation=True) gives COCO's counts of each entry of segments_info, in its order.
# What happens: a list holds pairs of the place where a run starts, counted from 1, and its length, along rows (as Kaggle has them). COCO's
# counts are lengths alone, beginning with background, down columns; those of the same library's SAM are. The first list is the background
# where there is some, so list 1 is object 0; in a picture that objects fill, list 0 is. DETR's and OneFormer's processors share the code.
# Versions: transformers 5.23.0, torch 2.15.0, torchvision 0.29.2, Pillow 13.0.0, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile transformers==5.23.0 torch==2.15.0 torchvision==0.29.2 pillow==13.0.0

cat > expected << 'END'
A picture with background: lists [1, 3072], [3073, 3072], [6145, 3072]
  object 0: 3072 pixels, COCO's counts 32, 32, 64, 32, … (193 numbers)
  object 1: 3072 pixels, COCO's counts 64, 32, 64, 32, … (192 numbers)
A picture filled by objects: lists [1, 6144], [6145, 3072]
  object 0: 6144 pixels, COCO's counts 0, 64, 32, 64, … (193 numbers)
  object 1: 3072 pixels, COCO's counts 64, 32, 64, 32, … (192 numbers)
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
from types import SimpleNamespace
import torch
from transformers import Mask2FormerImageProcessor
from transformers.models.sam.image_processing_sam import _mask_to_rle

processor, side = Mask2FormerImageProcessor(), 96  # masks are enlarged to 384 × 384 on the way: a divisor of it stays exact
for name, top in (("with background", 32), ("filled by objects", 0)):
    masks = torch.full((1, 2, side, side), -9.0)
    masks[0, 0, top:64], masks[0, 1, 64:] = 9, 9  # two bands across the picture
    said = SimpleNamespace(masks_queries_logits=masks, class_queries_logits=torch.tensor([[[9.0, 0, 0], [0, 8.0, 0]]]))
    [shown] = processor.post_process_instance_segmentation(said, target_sizes=[(side, side)])
    [runs] = processor.post_process_instance_segmentation(said, target_sizes=[(side, side)], return_coco_annotation=True)
    print(f"A picture {name}: lists", ", ".join(str([int(value) for value in each]) for each in runs["segmentation"]))
    for each in runs["segments_info"]:
        [right] = _mask_to_rle(shown["segmentation"][None] == each["id"])
        first = ", ".join(map(str, right["counts"][:4]))
        print(f"  object {each['id']}: {sum(right['counts'][1::2])} pixels, COCO's counts {first}, … ({len(right['counts'])} numbers)")
END
cat seen
diff expected seen
