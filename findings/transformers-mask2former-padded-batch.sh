#!/bin/sh
# transformers' Mask2Former and MaskFormer squeeze the masks of a batch whose pictures differ in size: padding counts as picture.
#
# Guess: masks of a padded batch are cut to the picture, which pixel_mask knows, and then resized to target_sizes: a picture has the same
# masks alone and in a batch.
# What happens: what lies under the padding is scaled into the picture with the rest. Masks that are right to a quarter of a pixel in the
# model's frame come back 3/4 as high for a landscape beside an upright picture, and 3/4 as wide for that: IoU 0.45 and 0.37, not 0.99. All
# three ways of post-processing do it. The arrays have the right size, and pictures of one size, as tests use, are right.
# Versions: transformers 5.23.0, torch 2.15.0, torchvision 0.29.2, Pillow 13.0.0, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile transformers==5.23.0 torch==2.15.0 torchvision==0.29.2 pillow==13.0.0 numpy==2.4.6

cat > expected << 'END'
Mask2Former semantic: alone 160 x 161, IoU 0.99; together 160 x 117, IoU 0.45, and 116 x 160, IoU 0.37
Mask2Former instance: alone 160 x 162, IoU 0.99; together 160 x 118, IoU 0.46, and 116 x 160, IoU 0.37
Mask2Former panoptic: alone 160 x 161, IoU 0.99; together 160 x 117, IoU 0.45, and 116 x 160, IoU 0.37
MaskFormer  semantic: alone 160 x 161, IoU 0.99; together 160 x 118, IoU 0.45, and 117 x 160, IoU 0.37
MaskFormer  instance: alone 160 x 161, IoU 0.99; together 160 x 118, IoU 0.46, and 116 x 160, IoU 0.37
MaskFormer  panoptic: alone 160 x 161, IoU 0.99; together 160 x 118, IoU 0.45, and 117 x 160, IoU 0.37
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
from types import SimpleNamespace
import numpy as np
import torch
import transformers
from PIL import Image
from torch.nn.functional import interpolate

truths = [np.zeros((480, 640), np.uint8), np.zeros((640, 480), np.uint8)]
for truth in truths:
    truth[120:280, 160:320] = 1  # a square; the rest is background
pictures = [Image.fromarray(np.stack([truth] * 3, 2)) for truth in truths]
for name in ("Mask2Former", "MaskFormer"):
    processor = getattr(transformers, name + "ImageProcessor")()
    texts = {"semantic": [], "instance": [], "panoptic": []}
    for count in (1, 2):
        inputs = processor(pictures[:count], segmentation_maps=truths[:count], return_tensors="pt")
        masks = torch.stack([mask.float() * 20 - 10 for mask in inputs["mask_labels"]])  # of a model that has learnt all
        masks = interpolate(masks, scale_factor=0.25, mode="bilinear")
        classes = torch.tensor([[[9.0, 0, 0], [0, 9, 0]]] * count)
        answers = SimpleNamespace(masks_queries_logits=masks, class_queries_logits=classes)
        for way, text in texts.items():
            post_process = getattr(processor, f"post_process_{way}_segmentation")
            for truth, answer in zip(truths, post_process(answers, target_sizes=[each.shape for each in truths[:count]])):
                if way == "semantic":
                    found = answer.numpy() == 1
                else:
                    found = answer["segmentation"].numpy() == next(s["id"] for s in answer["segments_info"] if s["label_id"] == 1)
                rows, columns = found.any(1).sum(), found.any(0).sum()
                overlap = (found & (truth == 1)).sum() / (found | (truth == 1)).sum()
                text.append(f"{columns} x {rows}, IoU {overlap:.2f}")
    for way, (alone, first, second) in texts.items():
        print(f"{name:11} {way}: alone {alone}; together {first}, and {second}")
END
cat seen
diff expected seen
