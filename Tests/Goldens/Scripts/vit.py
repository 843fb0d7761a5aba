"""Writes Tests/Goldens/ViT: what transformers computes with tiny seeded ViT models, block by block, and with the preprocessing that ViT,
CLIP, CLIPSeg and OWL-ViT share.

Made with: python 3.11, torch 2.15.0, transformers 5.23.0, pillow 13.0.0, numpy 2.4.6, safetensors 0.8.0 (CPU, float32).
Run from the package root:  python Tests/Goldens/Scripts/vit.py

Every activation is stored channels last, as our blocks take it.
"""

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.owlvit.image_processing_pil_owlvit import OwlViTImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

OUT = Path(__file__).resolve().parent.parent / "ViT"

# Each with the class whose defaults it takes.
PREPROCESSING = [
    ("clip", CLIPImageProcessorPil, dict(size=dict(shortest_edge=18), crop_size=dict(height=18, width=18))),
    ("clip", CLIPImageProcessorPil, dict(size=17, crop_size=14)),
    ("clip", CLIPImageProcessorPil, dict(size=dict(shortest_edge=11), crop_size=dict(height=16, width=13))),
    ("clip", CLIPImageProcessorPil, dict(size=[12, 15], do_center_crop=False, resample=2)),
    ("vit", ViTImageProcessorPil, dict(size=16)),
    ("vit", ViTImageProcessorPil, dict(size=dict(height=9, width=20), image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225])),
    ("vit", ViTImageProcessorPil, dict(size=13, do_rescale=False, resample=0)),
    ("vit", ViTImageProcessorPil, dict(size=13, do_normalize=False, rescale_factor=1 / 127, resample=1)),
    ("owlvit", OwlViTImageProcessorPil, dict(size=dict(height=20, width=20), resample=3)),
    ("owlvit", OwlViTImageProcessorPil, dict(size=20, do_center_crop=True, crop_size=20, resample=4)),
]
PICTURES = [(31, 22), (15, 49), (28, 28), (9, 5), (40, 1), (1, 13)]


def put(tensors, name, value):
    tensors[name] = torch.as_tensor(np.asarray(value)).detach().to(torch.float32).contiguous().clone()


def preprocessing():
    rng = np.random.default_rng(3)
    tensors, cases = {}, []
    for i, (w, h) in enumerate(PICTURES):
        put(tensors, f"picture.{i}", rng.integers(0, 256, (h, w, 3), dtype=np.uint8))
    for c, (kind, processor, settings) in enumerate(PREPROCESSING):
        processor = processor(**settings)
        cases.append(dict(defaults=kind, configuration=settings))
        for i in range(len(PICTURES)):
            picture = Image.fromarray(tensors[f"picture.{i}"].numpy().astype(np.uint8))
            pixels = processor(picture, return_tensors="pt")["pixel_values"]
            put(tensors, f"pixels.{c}.{i}", pixels.permute(0, 2, 3, 1))
    save_file(tensors, OUT / "preprocessing.safetensors")
    (OUT / "preprocessing.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    preprocessing()
    for file in OUT.rglob("*"):
        if file.is_file():
            file.chmod(0o644)
            print(file.relative_to(OUT), file.stat().st_size)
