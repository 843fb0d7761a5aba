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
from safetensors.torch import load_file, save_file
from transformers import ViTConfig, ViTForImageClassification
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.owlvit.image_processing_pil_owlvit import OwlViTImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

torch.set_num_threads(1)
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


# A grid of five; the heads' eight channels, and their sixteen numbers of an odd count.
TINY = dict(
    image_size=20, patch_size=4, hidden_size=24, num_attention_heads=3, num_hidden_layers=3, intermediate_size=40,
    id2label={i: name for i, name in enumerate(["cat", "dog", "tench, Tinca tinca", "dog", "Zürich"])},
)
# Every switch the other way.
ODD = dict(
    image_size=15, patch_size=5, hidden_size=14, num_attention_heads=2, num_hidden_layers=2, intermediate_size=17, hidden_act="relu",
    qkv_bias=False, layer_norm_eps=1e-3, num_labels=3,
)


def build(settings, seed):
    """A model whose every weight is large enough to matter."""
    torch.manual_seed(seed)
    model = ViTForImageClassification(ViTConfig(**settings, attn_implementation="eager")).eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "norm" in name:
                p.copy_(torch.randn_like(p) * 0.2 + (1 if name.endswith("weight") else 0))
            elif name.endswith("bias"):
                p.copy_(torch.randn_like(p) * 0.2)
            elif "embeddings.cls" in name or "position" in name:
                p.copy_(torch.randn_like(p) * 0.5)
            else:
                p.copy_(torch.randn_like(p) * 1.2 / p[0].numel() ** 0.5)
    return model


def classifier(name, settings, seed, half):
    folder = OUT / name
    model = build(settings, seed)
    if half:
        model = model.half().float()
    model.save_pretrained(folder)
    processor = ViTImageProcessorPil(size=settings["image_size"])
    if half:
        # transformers' own names, in half precision, and nothing about the preprocessing.
        save_file({k: v.half().contiguous() for k, v in model.state_dict().items()}, folder / "model.safetensors")
    else:
        processor.save_pretrained(folder)
        # The hub's names, with the pooler that published files carry along.
        tensors = load_file(folder / "model.safetensors")
        assert any(k.startswith("vit.encoder.layer.0.attention.attention.query") for k in tensors), sorted(tensors)
        pooler = dict(weight=torch.randn(settings["hidden_size"], settings["hidden_size"]), bias=torch.randn(settings["hidden_size"]))
        save_file({**tensors, **{f"vit.pooler.dense.{k}": v for k, v in pooler.items()}}, folder / "model.safetensors")

    steps = {}
    picture = np.random.default_rng(seed).integers(0, 256, (33, 47, 3), dtype=np.uint8)
    with torch.no_grad():
        pixels = processor(Image.fromarray(picture), return_tensors="pt")["pixel_values"]
        x = model.vit.embeddings(pixels)
        put(steps, "picture.0", picture)
        put(steps, "pixels", pixels.permute(0, 2, 3, 1))
        put(steps, "embeddings", x)
        for i, layer in enumerate(model.vit.layers):
            x = layer(x)
            put(steps, f"layer.{i}", x)
        put(steps, "last_hidden_state", model.vit(pixels).last_hidden_state)
        put(steps, "logits", model(pixels).logits)
        put(steps, "probabilities", model(pixels).logits.softmax(-1))
    save_file(steps, folder / "steps.safetensors")


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    preprocessing()
    classifier("tiny", TINY, 1, half=False)
    classifier("odd", ODD, 2, half=True)
    for file in OUT.rglob("*"):
        if file.is_file():
            file.chmod(0o644)
            print(file.relative_to(OUT), file.stat().st_size)
